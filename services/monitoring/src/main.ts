import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createMonitoringService } from "./service";

void runProcess(() => startService(contract, createMonitoringService, process.env));
