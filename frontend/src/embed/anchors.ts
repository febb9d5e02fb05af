/** The places in Dockge's page at which something of ours is put. They are the same in 1.5.0 and in its nightly builds. */

/** The column beside the list. */
function contentColumn(app: Element): Element | null {
    return app.querySelector("main .container-fluid > .row > div:last-child");
}

/** The title of Dockge's own stack page; what is put after it stays until the page is left. */
export function stackHeading(app: Element): Element | null {
    return contentColumn(app)?.querySelector(":scope > div > h1.mb-3") ?? null;
}

/** `+ Compose` above the list. */
export function newStackButton(app: Element): Element | null {
    return app.querySelector('main .container-fluid > .row > div:first-child a.btn[href="/compose"]');
}

export function listItems(app: Element): HTMLAnchorElement[] {
    return [...app.querySelectorAll<HTMLAnchorElement>(".stack-list a.item")];
}
