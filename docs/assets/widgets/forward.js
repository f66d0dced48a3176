// The GPT of a chapter, its BERT, or both, as scratch.makemore.transformer computes them, from weights that are kept.
//   {GPT: {name: [step, text]}, BERT: ...}: a tensor is its step times whole numbers, a byte each, in base64

const HEADS = 2;
const total = (list) => list.reduce((a, b) => a + b, 0);
const plus = (a, b) => a.map((each, k) => each + b[k]);
const dot = (a, b) => total(a.map((each, k) => each * b[k]));
const gelu = (u) => u / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (u + .044715 * u ** 3)));

function softmax(scores) {
    const each = scores.map(Math.exp), sum = total(each);
    return each.map((x) => x / sum);
}

const change = (object, act) => Object.fromEntries(Object.entries(object).map(([name, each]) => [name, act(each)]));

export const read = (models) => change(models, (tensors) => change(tensors, ([step, text]) =>
    Array.from(atob(text), (byte) => (byte.charCodeAt() << 24 >> 24) * step)));

// ids -> maps [for each head: [for each symbol: its weights]], of what the mask lets it see, and logits [row].
export function pass(weights, ids, causal) {
    const C = weights["body.last_norm.bias"].length, D = C / HEADS, maps = [];
    const row = (name, n, size = C) => weights[`${name}.weight`].slice(n * size, (n + 1) * size);
    const linear = (name, x) => weights[`${name}.bias`].map((b, n) => b + dot(x, row(name, n, x.length)));
    const norm = (name, x) => {
        const mean = total(x) / C, from = x.map((each) => each - mean), std = Math.sqrt(dot(from, from) / C + 1e-5);
        return from.map((each, k) => each / std * weights[`${name}.weight`][k] + weights[`${name}.bias`][k]);
    };
    let x = ids.map((id, t) => plus(row("body.symbols", id), row("body.positions", t)));
    for (const layer of [0, 1]) {
        const name = `body.blocks.${layer}.`, mixed = x.map(() => []);
        const qkv = x.map((each) => linear(`${name}attention.qkv`, norm(`${name}norm1`, each)));
        for (let head = 0; head < HEADS; head += 1) {
            const part = (n) => qkv.map((each) => each.slice(n * C + head * D).slice(0, D)), [q, k, v] = [0, 1, 2].map(part);
            maps.push(q.map((each, t) => {
                const shares = softmax(k.slice(0, causal ? t + 1 : 99).map((key) => dot(each, key) / Math.sqrt(D)));
                mixed[t].push(...each.map((_, d) => total(shares.map((share, s) => share * v[s][d]))));
                return shares;
            }));
        }
        x = x.map((each, t) => plus(each, linear(`${name}attention.out`, mixed[t])));
        x = x.map((each) => plus(each, linear(`${name}mlp.out`, linear(`${name}mlp.hidden`, norm(`${name}norm2`, each)).map(gelu))));
    }
    const logits = x.map((each) => {
        const last = norm("body.last_norm", each), bias = weights["head.bias"] ?? Array(27).fill(0);
        return bias.map((b, id) => b + dot(last, row("body.symbols", id)));
    });
    return { maps, logits };
}

// What attention.js draws of a name: [name, GPT's weights, BERT's, guesses], or what the one that there is has of it.
export function viewed(name, { GPT, BERT }) {
    const ids = [0, ...Array.from(name, (letter) => letter.charCodeAt() - 96), 0];
    const percent = (share) => Math.round(100 * share), maps = (...asked) => pass(...asked).maps.map((head) => head.map((row) => row.map(percent)));
    return [name, ...GPT ? [maps(GPT, ids.slice(0, -1), true)] : [], ...BERT ? [maps(BERT, ids), Array.from(name, (_, t) => {
        const shares = softmax(pass(BERT, ids.with(t + 1, 27)).logits[t + 1].slice(1, 27));
        return shares.map((share, n) => [String.fromCharCode(97 + n), share]).sort((a, b) => b[1] - a[1]).slice(0, 5)
            .flatMap(([letter, share]) => [letter, percent(share)]);
    })] : []];
}
