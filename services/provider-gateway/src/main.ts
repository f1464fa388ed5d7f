import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createProviderGateway } from "./service";

void runProcess(() => startService(contract, createProviderGateway, process.env));
