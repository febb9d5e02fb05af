import type { Component } from "vue";

type Page = { default: Component };

/**
 * A page that is fetched when its address is opened. The router begins to fetch the pages of nested addresses together and waits for one after the
 * other: when the first cannot be had, nobody would hear of the second any more, and the browser would report it as an error that was not dealt with.
 */
export function lazyPage(load: () => Promise<Page>): () => Promise<Page> {
    return () => {
        const loading = load();
        loading.catch(() => undefined);
        return loading;
    };
}
