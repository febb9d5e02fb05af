import { start } from "./start.ts";

const target = document.querySelector("#app");
if (target !== null) {
    await start(target, "/");
}
