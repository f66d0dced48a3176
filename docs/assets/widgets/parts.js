// What widgets are made of: native controls with labels, and the line that says what happened.

export function make(tag, given = {}, ...inside) {
    const node = Object.assign(document.createElement(tag), given);
    node.append(...inside);
    return node;
}

export function drawn(tag, given = {}, ...inside) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const name in given) node.setAttribute(name, given[name]);
    node.append(...inside);
    return node;
}

// A text in a drawing; kind is left, middle or right: where x is.
export const label = (kind, x, y, text) => drawn("text", { class: `widget-${kind}`, x, y }, text);

// An empty drawing in the place of the figure's, on the page as large as that.
export function stage(place, width, height) {
    const before = place.querySelector("svg"), svg = before.cloneNode(false);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    before.replaceWith(svg);
    return svg;
}

export const button = (text, onclick) => make("button", { type: "button", onclick }, text);

// A range input; told(value) is what stands beside it, and what a screen reader says.
export function dial(name, limits, told, act) {
    const input = make("input", { type: "range", ...limits }), now = make("span", { ariaHidden: true });
    const tell = () => {
        now.textContent = told(+input.value);
        input.setAttribute("aria-valuetext", now.textContent);
    };
    input.oninput = () => { tell(); act(+input.value); };
    tell();
    const label = make("label", {}, name, input, now);
    return { label, input, set(value) { input.value = value; tell(); } };
}

let groups = 0;

// Radio buttons, of which the first is chosen.
export function choice(legend, names, act) {
    const name = `choice-${groups += 1}`;
    return make("fieldset", {}, make("legend", {}, legend), ...names.map((text, n) => make("label", {}, make("input", {
        type: "radio", name, checked: !n, onchange: () => act(text, n) }), text)));
}

// Puts the controls below the figure; -> say(sentence), which describes the figure, too, unless told otherwise
export function controls(place, ...parts) {
    const status = make("p");
    status.setAttribute("role", "status");
    place.append(make("div", { className: "widget" }, ...parts, status));
    return (text, described = text) => {
        const svg = place.querySelector("svg");
        status.textContent = text;
        if (svg) svg.ariaLabel = described;
    };
}

export const number = (x, digits = 2) => x.toFixed(digits).replace("-", "−");
