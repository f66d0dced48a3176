"""Learn merges from words and their counts, updating only what a merge changes.

    >>> learn({"low": 5, "lower": 2, "newest": 6, "widest": 3}, vocab_size=256 + 4)
    {(101, 115): 256, (256, 116): 257, (108, 111): 258, (258, 119): 259}

    word     a piece of text as a string in which each character is a token: chr(id)
    pair     two such characters; word.replace(pair, new) is a merge, at the speed of C
    where    pair -> the indices of the words that contain it, in ascending order
    queue    (-count, first word, pair): the next pair to merge is at the top

A merge changes only the words that contain the pair, and only the counts of adjacent
pairs. Once a pair exists its count only falls: so if the pair at the top of the queue
has its present count there, it is the most frequent one; otherwise it is put back with
the present count. The result is that of basic.py on the same pieces, including ties:
words are in the order of the text, and of equally frequent pairs the one in the first
word, at the first place, is merged.

Left out: vocabularies over a million (characters end at 1,114,111), and speed where all
of the text is one word. For both, and for large texts, there is arrays.py.

Chapter: docs/tokenization/fast-bpe.md.  To copy: this file alone.
"""

from heapq import heapify, heappop, heappush

LARGEST = 0x110000


def learn(words, vocab_size, report=None):
    """{piece of text or bytes: count} -> merges {(id, id): new id}, in order.

    report(new_id, pair, count), if given, is called after each merge.
    """
    if vocab_size < 256:
        raise ValueError(f"a vocabulary of {vocab_size} has no room for the 256 bytes")
    if vocab_size > LARGEST:
        raise ValueError(f"a vocabulary of {vocab_size} is more than the {LARGEST:,} "
                         "characters of Unicode; arrays.py has no such limit")
    counts = list(words.values())
    words = [as_bytes(word).decode("latin-1") for word in words]    # byte b is chr(b)
    total, where = count_pairs(words, counts)
    queue = [(-total[pair], numbers[0], pair) for pair, numbers in where.items()]
    heapify(queue)
    merges = {}
    for new_id in range(256, vocab_size):
        pair = next_pair(queue, total, where, words)
        if pair is None:
            break                            # every word is a single token
        count, new = total.pop(pair), chr(new_id)
        merges[ord(pair[0]), ord(pair[1])] = new_id
        born = replace(pair, new, where.pop(pair), words, counts, total, where)
        for each, (more, numbers) in born.items():
            total[each], where[each] = more, numbers
            heappush(queue, (-more, numbers[0], each))
        if report:
            report(new_id, (ord(pair[0]), ord(pair[1])), count)
    return merges


def as_bytes(word):
    return word if isinstance(word, bytes) else word.encode("utf-8", "surrogateescape")


def count_pairs(words, counts):
    """How often each pair occurs, and in which words."""
    total, where = {}, {}
    for number, (word, count) in enumerate(zip(words, counts)):
        for a, b in zip(word, word[1:]):
            pair = a + b
            if pair in total:
                total[pair] += count
                if where[pair][-1] != number:
                    where[pair].append(number)
            else:
                total[pair], where[pair] = count, [number]
    return total, where


def next_pair(queue, total, where, words):
    """The most frequent pair, in a tie the first in the text; None if none is left."""
    tied = []
    while queue and (not tied or queue[0][:2] == tied[0][:2]):
        entry = count, _, pair = heappop(queue)
        if total.get(pair) == -count:
            tied.append(entry)
        elif pair in total:                  # it is rarer, or begins later
            number = next(n for n in where[pair] if pair in words[n])
            heappush(queue, (-total[pair], number, pair))
    if not tied:
        return None
    first = min(tied, key=lambda entry: words[entry[1]].find(entry[2]))
    for entry in tied:
        if entry is not first:
            heappush(queue, entry)
    return first[2]


def replace(pair, new, numbers, words, counts, total, where):
    """Merge pair in words[number] and lower total -> {new pair: [count, words]}.

    words[number].split(pair) has the neighbours of each occurrence, "" for another one.
    """
    a, b = pair
    born = {}

    def change(old, young, number, count):
        left = total.get(old, 0) - count
        if left > 0:
            total[old] = left
        elif old in total:                   # it is not where it is the pair, in "aaa"
            del total[old], where[old]
        known = born.get(young)
        if known is None:
            born[young] = [count, [number]]
        else:
            known[0] += count
            if known[1][-1] != number:
                known[1].append(number)

    for number in numbers:
        between = words[number].split(pair)
        last = len(between) - 1
        if last == 0:
            continue                         # an earlier merge has removed it
        words[number] = new.join(between)
        count = counts[number]
        if between[0]:
            change(between[0][-1] + a, between[0][-1] + new, number, count)
        for part in between[1:last]:
            if part:
                change(b + part[0], new + part[0], number, count)
                change(part[-1] + a, part[-1] + new, number, count)
            else:                            # two occurrences side by side
                change(b + a, new + new, number, count)
        if between[last]:
            change(b + between[last][0], new + between[last][0], number, count)
    return born
