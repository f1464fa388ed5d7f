// The library that starts a policy pack makes ts-node check types, which costs two seconds at every preview for
// nothing: `npm run verify` has checked them. tsconfig.json beside this file tells that ts-node to ignore every
// file, and to load this one, which registers another that only transpiles. Without either file the pack runs
// just as well, only later.
require("ts-node").register({ transpileOnly: true, ignore: ["/node_modules/"], require: [] });
