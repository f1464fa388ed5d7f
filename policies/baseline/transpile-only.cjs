require("ts-node").register({ transpileOnly: true, ignore: ["/node_modules/"], require: [] });
