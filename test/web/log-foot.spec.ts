import { mount } from "@vue/test-utils";
import { expect, it } from "vitest";
import LogFoot from "../../frontend/src/components/deployments/LogFoot.vue";
import type { LogStore } from "../../frontend/src/log/log-store.ts";
import { surroundings } from "./fixtures/test-server.ts";

it.each([
    [150_000, 300_000, "0.1 of 0.3 MiB"],
    [2_000_000, 80_000_000, "1.9 of 76.3 MiB"],
])("tells how much of a log is loaded: %i of %i bytes", (loadedBytes, totalBytes, words) => {
    const props = { log: { totalBytes } as LogStore, shownLines: 5000, isLive: false, isFollowing: false, chosen: null, isLinkCopied: false, loadedBytes };
    expect(mount(LogFoot, { props, global: surroundings() }).get("[data-testid=log-progress]").text()).toContain(words);
});
