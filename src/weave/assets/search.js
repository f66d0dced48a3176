// The worker of the search. Material gives its worker the index of the whole book on every page. Here
// the index that pages load is empty (plugin.py, split_index); the book's is fetched once somebody types.
// The searching is done by Material's own worker, whose address is after the # of this one's.

const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3;    // the types of Material's messages
let settings, searching;

async function start() {
    const worker = new Worker(new URL(location.hash.slice(1), location));
    const ready = new Promise((resolve) => {
        worker.onmessage = ({ data }) => data.type === READY ? resolve(worker) : postMessage(data);
    });
    const { docs } = await (await fetch(new URL("../search/book.json", location))).json();
    worker.postMessage({ type: SETUP, data: { ...settings, docs } });
    return ready;
}

addEventListener("message", async ({ data }) => {
    if (data.type === SETUP) {
        settings = data.data;
        postMessage({ type: READY });
    } else if (data.type === QUERY && (data.data || searching)) {
        searching ??= start().catch((error) => { searching = undefined; throw error; });
        (await searching).postMessage(data);
    } else {
        postMessage({ type: RESULT, data: { items: [] } });
    }
});
