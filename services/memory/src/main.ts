import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createMemoryService } from "./service";

void runProcess(() => startService(contract, createMemoryService, process.env));
