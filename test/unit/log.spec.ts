import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { DeployError } from "../../backend/domain/errors.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { createLogger } from "../../backend/log.ts";

function capture(level: "debug" | "info" | "silent") {
    const lines: string[] = [];
    const destination = new Writable({ write: (chunk: Buffer, _encoding, done) => { lines.push(chunk.toString()); done(); } });
    return { lines, logger: createLogger(level, destination) };
}

describe("createLogger", () => {
    it("never writes what looks like a secret", () => {
        const { lines, logger } = capture("info");
        logger.info({ password: "hunter2", user: { token: "hunter2" }, headers: { authorization: "hunter2" }, wrapped: new Secret("hunter2"), name: "admin" }, "logged in");
        expect(lines.join("")).not.toContain("hunter2");
        expect(JSON.parse(lines[0] ?? "")).toMatchObject({ name: "admin", password: "[secret]", wrapped: "[secret]", msg: "logged in" });
    });

    it("writes an error with its cause, and nothing below its level", () => {
        const { lines, logger } = capture("info");
        logger.debug({}, "unseen");
        logger.error({ err: new DeployError("INTERNAL", "outer", { cause: new Error("inner") }) }, "failed");
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain("inner");
    });
});
