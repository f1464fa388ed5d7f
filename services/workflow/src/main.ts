import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createWorkflowService } from "./service";

void runProcess(() => startService(contract, (context) => createWorkflowService(context), process.env));
