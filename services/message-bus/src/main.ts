import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createMessageBusService } from "./service";

void runProcess(() => startService(contract, createMessageBusService, process.env));
