// A model that is trained in the page.

export { default } from "../training/page.js";
