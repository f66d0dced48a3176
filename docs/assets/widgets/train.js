// A model that is trained in the page: ../training/page.js, once a reader asks for it. data is for that.

import { button, controls } from "./parts.js";

export default function (place, data) {
    const say = controls(place, button("Train one here", async () => {
        say("Loading …");
        const page = await import("../training/page.js");
        place.lastElementChild.remove();
        page.default(place, data);
    }));
    say("On the book's names, or on words of yours, which stay with you.");
}
