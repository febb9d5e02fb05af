import type { WebhookEventListInput } from "../../../common/schemas.ts";
import type { Page, WebhookEventView } from "../../../common/views.ts";
import { usePush, useServer } from "../server/server.ts";
import { useLoaded, type Loaded } from "./use-request.ts";

/**
 * One page of a stack's deliveries. A row that is shown changes live; a new one makes the page ask again, since only the server
 * knows whether the filters let it in.
 */
export function useDeliveries(stack: () => string, repositoryId: () => string | null, filter: () => Partial<WebhookEventListInput>): Loaded<Page<WebhookEventView>> {
    const server = useServer();
    const loaded = useLoaded(
        () => server.call("getWebhookEventList", stack(), filter()),
        () => JSON.stringify([stack(), filter()]),
    );
    usePush(server, "webhookEventReceived", ({ event }) => {
        const page = loaded.value.value;
        if (page === null || event.repositoryId !== repositoryId()) {
            return;
        }
        if (page.items.some(({ id }) => id === event.id)) {
            loaded.value.value = { ...page, items: page.items.map((item) => (item.id === event.id ? event : item)) };
        } else {
            void loaded.reload();
        }
    });
    return loaded;
}
