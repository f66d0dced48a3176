// A model that is trained in the page: ../training/page.js, once a reader asks for it. data is for that.

import { button, controls } from "./parts.js";

export default function (place, data) {
    const say = controls(place, button("Train one here", async () => {
        const { default: page } = await import("../training/page.js");
        place.lastElementChild.remove();
        page(place, data);
    }));
    say("It is trained in your browser, by this site's code, on the book's names or on words of yours, which stay with you.");
}
