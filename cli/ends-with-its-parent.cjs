// Ends this process when whoever started it has gone. The engine ends what it started; killed, it cannot, and a policy
// pack or a program would wait for it for ever.
"use strict";

const checkMs = 1_000;

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, checkMs).unref();
