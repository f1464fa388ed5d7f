import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createCoordinationService } from "./service";

void runProcess(() => startService(contract, createCoordinationService, process.env));
