// The library that starts a policy pack makes ts-node check types, which costs two seconds at every preview for
// nothing: `npm run verify` has checked them. tsconfig.json beside this file tells that ts-node to ignore every
// file, and to load this one, which takes over: with the loader of the region's own engine where that says what it has
// kept, else with another ts-node that only transpiles. Without either file the pack runs just as well, only later.
if (process.env.AGENTIC_FLOW_TRANSPILED === undefined) require("ts-node").register({ transpileOnly: true, ignore: ["/node_modules/"], require: [] });
else require("../../cli/typescript-loader.cjs");
