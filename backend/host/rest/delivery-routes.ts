import { z } from "zod";
import { webhookEventListInput } from "../../../common/schemas.ts";
import type { WebhookAnswer } from "../../../common/wire.ts";
import type { Services } from "../services.ts";
import { json, route, type RestRoute } from "./route.ts";
import { pageOf, processedEvent, webhookAnswered, webhookEventView, webhookQueued } from "./view-schemas.ts";

const MAX_DELIVERY_BYTES = 25 * 1024 * 1024;

export interface Delivery {
    repositoryId: string;
    headers: Record<string, string | undefined>;
    body: Buffer;
    address: string;
}

/** Verifies, records and queues a delivery, and says what to answer. Never throws for what a sender can cause. */
export type ReceiveDelivery = (delivery: Delivery) => Promise<{ status: number; body: WebhookAnswer; headers?: Record<string, string> }>;

export function deliveryRoutes({ webhookEvents, receive }: Pick<Services, "webhookEvents"> & { receive: ReceiveDelivery }): RestRoute[] {
    const common = { tag: "deliveries", access: "token" } as const;
    return [
        route({
            method: "POST",
            path: "/api/webhooks/deploy/{repositoryId}",
            tag: "deliveries",
            access: "public",
            maxBytes: MAX_DELIVERY_BYTES,
            summary: "Take a delivery from a Git provider",
            description: "The body is what the provider signs, byte for byte, so it is read only after its signature has been verified.",
            responses: { 202: { description: "Recorded and queued", schema: webhookQueued }, 200: { description: "Nothing to deploy, or known already", schema: webhookAnswered } },
            errors: ["SIGNATURE_INVALID", "NOT_FOUND", "PAYLOAD_INVALID", "PAYLOAD_TOO_LARGE", "TOO_MANY_REQUESTS", "STORE_UNAVAILABLE"],
            answer: async ({ param, request }) => {
                const { headers, body, address } = request;
                const answer = await receive({ repositoryId: param("repositoryId"), headers, body, address });
                return json(answer.status, answer.body, answer.headers);
            },
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/repositories/{id}/webhook-events",
            summary: "List deliveries, newest first",
            description: "verdict takes several values with commas between them; q looks in event, id, verdict and error; detail=brief leaves out payloads and headers. Payloads of more than 256 Ki characters are always left out: get the delivery itself.",
            query: webhookEventListInput,
            responses: { 200: { description: "A page of deliveries", schema: pageOf(webhookEventView) } },
            errors: ["NOT_FOUND"],
            answer: async ({ param, query }) => json(200, await webhookEvents.listOfRepository(param("id"), query)),
        }),
        route({
            ...common,
            method: "GET",
            path: "/api/v1/webhook-events/{id}",
            summary: "Get a delivery with its headers and payload",
            description: "Secrets are not part of either.",
            responses: { 200: { description: "The delivery", schema: webhookEventView } },
            errors: ["NOT_FOUND"],
            answer: async ({ param }) => json(200, await webhookEvents.get(param("id"))),
        }),
        route({
            ...common,
            method: "POST",
            path: "/api/v1/webhook-events/{id}/process",
            summary: "Process a delivery again",
            description: "Decides about it anew by the settings of now. Only a delivery whose signature was right.",
            body: z.object({}).strict(),
            responses: { 200: { description: "What became of it", schema: z.object({ ok: z.literal(true), ...processedEvent.shape }) } },
            errors: ["NOT_FOUND", "SIGNATURE_INVALID", "PAYLOAD_INVALID"],
            answer: async ({ param, caller }) => json(200, { ok: true, ...(await webhookEvents.process(param("id"), caller)) }),
        }),
    ];
}
