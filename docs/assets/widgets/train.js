// A model that is trained in the page: ../training/page.js, once a reader asks for it. data is for that.

import { button, controls } from "./parts.js";

export default function (place, data) {
    const train = button("Train one here", async () => {
        say("Loading …");
        (await import("../training/page.js")).default(place, data, train);
    });
    const say = controls(place, train);
    say("On the book's names, or on words of yours, which stay with you.");
}
