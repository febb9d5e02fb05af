import { attachedHost, dockgeName } from "../fixtures/attached-host.ts";
import { describeHost } from "./host-contract.ts";

describeHost(`attached to ${dockgeName}`, attachedHost);
