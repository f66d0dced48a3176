// The theme asks for the index of the whole book on every page; it comes once somebody is about to search.

const { open, send } = XMLHttpRequest.prototype;

XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.waits = String(address).endsWith("search_index.json");
    return open.call(this, method, address, ...rest);
};

XMLHttpRequest.prototype.send = function (...body) {
    if (!this.waits) return send.apply(this, body);
    addEventListener("focusin", function search(event) {
        if (event.target.name !== "query") return;
        removeEventListener("focusin", search);
        send.apply(request, body);
    });
    const request = this;
};
