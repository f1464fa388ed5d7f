import { runProcess } from "../../kit/src";
import { startAgentService } from "./service";

void runProcess(() => startAgentService(process.env));
