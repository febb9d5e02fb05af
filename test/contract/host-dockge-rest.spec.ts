import { attachedHost, dockgeName } from "../fixtures/attached-host.ts";
import { describeRest } from "./rest-contract.ts";

describeRest(`attached to ${dockgeName}`, attachedHost);
