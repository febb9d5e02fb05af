import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { io } from "socket.io-client";
import { hostRefusal } from "../../../domain/host-address.ts";
import { isTooDeep } from "./agent-message.ts";
import { AnswerTimeoutError, ConnectionLostError, type ConnectToAgent } from "./agent-connection.ts";
import { connectFailure, refusedUpgradeStatus } from "./connect-failure.ts";
import { GuardedPolling } from "./guarded-polling.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_MIN_MS = 1_000;
const RECONNECT_MAX_MS = 15_000;

/** A name may resolve to something else than when it was added: each connection looks at what it really reaches. */
const lookup: LookupFunction = (hostname, options, callback) => {
    dns.lookup(hostname, options, (error, address, family) => {
        const addresses = typeof address === "string" ? [address] : (address ?? []).map((entry) => entry.address);
        const refusal = addresses.map((found) => hostRefusal(found, true)).find((reason) => reason !== null);
        if (error === null && refusal !== undefined) {
            callback(Object.assign(new Error(`${hostname} cannot be an agent: ${refusal}.`), { code: "AGENT_ADDRESS_REFUSED" }), address, family);
            return;
        }
        callback(error, address, family);
    });
};

/** Over Socket.IO, as Dockge itself does it. WebSocket first: it is faster, follows no redirects, and says why it fails. */
export const connectBySocketIo: ConnectToAgent = (url, headers, events, { isRetried }) => {
    const agent = new URL(url).protocol === "https:" ? new https.Agent({ lookup }) : new http.Agent({ lookup });
    const socket = io(url, {
        autoConnect: false,
        forceNew: true,
        transports: ["websocket"],
        timeout: CONNECT_TIMEOUT_MS,
        reconnection: isRetried,
        reconnectionDelay: RECONNECT_MIN_MS,
        reconnectionDelayMax: RECONNECT_MAX_MS,
        extraHeaders: headers,
        // Engine.IO's types know a path only, its code hands the object to ws and to its XMLHttpRequest.
        agent: agent as unknown as string,
    });
    const refusal = hostRefusal(new URL(url).hostname, true);
    let hasFallenBack = false;
    let fallBackTimer: NodeJS.Timeout | undefined;
    socket.on("connect", () => events.connected());
    socket.on("disconnect", (reason) => events.disconnected(reason === "io server disconnect"));
    socket.on("connect_error", (error) => {
        if (!hasFallenBack && refusedUpgradeStatus(error) !== null) {
            // A proxy without WebSockets may be in front of it: like a browser, ask again and again instead.
            hasFallenBack = true;
            socket.io.opts.transports = [GuardedPolling];
            fallBackTimer = setTimeout(() => socket.disconnect().connect());
            return;
        }
        events.failed(connectFailure(error));
    });
    socket.onAny((event: string, ...args: unknown[]) => {
        if (!isTooDeep(args)) {
            events.received(event, args);
        }
    });
    return {
        open: () => void (refusal === null ? socket.connect() : events.failed(`This address cannot be an agent: ${refusal}.`)),
        emit: (event, args) => void socket.emit(event, ...args),
        ask: async (event, args, limitMs) => {
            try {
                const answer: unknown = await socket.timeout(limitMs).emitWithAck(event, ...args);
                if (isTooDeep(answer)) {
                    throw new AnswerTimeoutError("no answer that could be handed on");
                }
                return answer;
            } catch (cause) {
                throw socket.connected ? new AnswerTimeoutError("no answer in time", { cause }) : new ConnectionLostError("the connection was lost", { cause });
            }
        },
        close: () => {
            clearTimeout(fallBackTimer);
            socket.removeAllListeners();
            socket.offAny();
            socket.disconnect();
            agent.destroy();
        },
    };
};
