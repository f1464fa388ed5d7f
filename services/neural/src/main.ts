import { runProcess, startService } from "../../kit/src";
import { contract } from "../contract";
import { createNeuralService } from "./service";

void runProcess(() => startService(contract, createNeuralService, process.env));
