import { startStandalone, USERNAME } from "../fixtures/standalone-host.ts";
import { describeHost } from "./host-contract.ts";

describeHost("standalone", async (register) => {
    const server = await startStandalone({ register });
    return {
        host: server.host,
        url: server.url,
        userName: USERNAME,
        visitor: () => server.connect(),
        user: async () => await (await server.connect()).login(),
        stop: () => server.host.close(),
        cleanUp: () => server.stop(),
    };
});
