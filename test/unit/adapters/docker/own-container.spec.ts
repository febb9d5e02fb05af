import { describe, expect, it } from "vitest";
import { hostPathOf, OwnContainer } from "../../../../backend/adapters/docker/own-container.ts";

const mounts = [
    { Source: "/srv/git-deploy/data", Destination: "/app/data" },
    { Source: "/srv/all", Destination: "/app" },
    { Source: "/var/lib/docker/volumes/x/_data", Destination: "/app/data/git-deploy/work" },
    { Source: "/opt/stacks", Destination: "/opt/stacks" },
];

describe("where the Engine finds a folder of a server in a container", () => {
    it.each([
        ["/app/data", "/srv/git-deploy/data"],
        ["/app/data/git-deploy/keys/a b", "/srv/git-deploy/data/git-deploy/keys/a b"],
        ["/app/data/git-deploy/work/run, 1", "/var/lib/docker/volumes/x/_data/run, 1"],
        ["/app/database", "/srv/all/database"],
        ["/opt/stacks/blog", "/opt/stacks/blog"],
    ])("%s is %s, by the nearest mount", (inside, outside) => {
        expect(hostPathOf(inside, mounts)).toBe(outside);
    });

    it("is nowhere without a mount, or in one that has no place on the host", () => {
        expect(hostPathOf("/tmp/work", mounts)).toBeNull();
        expect(hostPathOf("/run/x", [{ Source: "", Destination: "/run" }])).toBeNull();
    });

    it("is where it is on a host, and the Engine is not asked", async () => {
        const own = new OwnContainer({ searchPath: "", dockerSocket: "/nowhere.sock", ownContainerIds: () => Promise.resolve([]) });
        await expect(own.hostPath("/srv/data/work")).resolves.toBe("/srv/data/work");
    });
});
