import "./styles/frame.css";

/**
 * What an attached Dockge loads with its page, and the page of our own at /git-deploy. Kept small: everything else comes when it is wanted.
 * No other file may import this one, which the server delivers under a changing address.
 */
async function load(): Promise<void> {
    const ownPage = document.querySelector("#git-deploy");
    if (ownPage !== null) {
        const { start } = await import("./start.ts");
        await start(ownPage, "/git-deploy/");
    } else {
        const { attach } = await import("./embed/attach.ts");
        await attach();
    }
}

// Not awaited: a module that waits holds up the load event of Dockge's page.
void load();
