import { DeployError } from "../../domain/errors.ts";
import { dockerUnavailable } from "./docker-cli-failure.ts";

/** An Engine that takes the connection and does not answer is away, too. */
const ANSWER_WITHIN_MS = 60_000;

/** HTTP status of an answer of the Engine, or null when it did not answer at all. */
export function statusOf(error: unknown): number | null {
    const status = (error as { statusCode?: unknown } | null)?.statusCode;
    return typeof status === "number" ? status : null;
}

/** What an answer means that is no failure here, such as 404, or a throw; undefined: it is a failure. */
type Otherwise<O> = (status: number, message: string) => O | undefined;

/**
 * Waits for a call of the Engine's API.
 * @throws DOCKER_UNAVAILABLE when the Engine did not answer
 */
export async function answer<T, O = never>(call: Promise<T>, otherwise: Otherwise<O> = () => undefined): Promise<T | O> {
    return await translated(inTime(call), otherwise);
}

/** The same for a call that is answered when something has happened, however long that takes. */
export async function lateAnswer<T, O = never>(call: Promise<T>, otherwise: Otherwise<O> = () => undefined): Promise<T | O> {
    return await translated(call, otherwise);
}

async function translated<T, O>(call: Promise<T>, otherwise: Otherwise<O>): Promise<T | O> {
    try {
        return await call;
    } catch (error) {
        if (error instanceof DeployError) {
            throw error;
        }
        const status = statusOf(error);
        if (status === null) {
            throw dockerUnavailable(error);
        }
        const instead = otherwise(status, messageOf(error));
        if (instead === undefined) {
            throw new DeployError("INTERNAL", `The Docker Engine refused a request (${status}): ${messageOf(error)}`, { cause: error });
        }
        return instead;
    }
}

async function inTime<T>(call: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
    });
    try {
        return await Promise.race([call, tooLate]);
    } finally {
        clearTimeout(timer);
    }
}

function messageOf(error: unknown): string {
    const text = (error as { json?: { message?: unknown } } | null)?.json?.message;
    return typeof text === "string" ? text : error instanceof Error ? error.message : String(error);
}
