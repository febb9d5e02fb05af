import "./styles/frame.css";

/**
 * What an attached Dockge loads with its page, and the page of our own at /git-deploy. Kept small: everything else comes when it is wanted.
 * No other file may import this one, which the server delivers under a changing address. The awaits at its end see to that: without them the bundler
 * puts shared code in here, and everything is loaded twice.
 */
const ownPage = document.querySelector("#git-deploy");
if (ownPage !== null) {
    const { start } = await import("./start.ts");
    await start(ownPage, "/git-deploy/");
} else {
    const { attach } = await import("./embed/attach.ts");
    await attach();
}
