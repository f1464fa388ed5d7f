import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createAgentService } from "./service";

void runProcess(() => startService(contract, createAgentService, process.env));
