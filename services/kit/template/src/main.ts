import { runProcess, startService } from "../../src";
import { contract } from "../contract";
import { createTemplateService } from "./service";

void runProcess(() => startService(contract, createTemplateService, process.env));
