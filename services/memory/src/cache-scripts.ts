/**
 * What happens inside Redis, each in one step. One key is one hash:
 * - `value`: an item, as JSON
 * - `lease`: the token of the one reader that may fill in the value
 * - `writers`: how many are changing the item; while there are any, nobody reads or fills
 */

/** KEYS: entry. ARGV: token, lease in ms. @returns `hit` and the value, `lease`, or `closed`. */
export const READ = `
local found = redis.call('HMGET', KEYS[1], 'writers', 'value', 'lease')
if found[1] then return {'closed'} end
if found[2] then return {'hit', found[2]} end
if found[3] then return {'closed'} end
redis.call('HSET', KEYS[1], 'lease', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'lease'}`;

/** Whoever closed or dropped the entry since the lease was given took the lease with it. KEYS: entry. ARGV: token, value, life in ms. */
export const FILL = `
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/** KEYS: entry. ARGV: for how long at the most, in ms. */
export const CLOSE = `
redis.call('HDEL', KEYS[1], 'value', 'lease')
redis.call('HINCRBY', KEYS[1], 'writers', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** The last writer removes the entry; so does one whose mark is lost, because a reader may have come in between. KEYS: entry. */
export const OPEN = `
if not redis.call('HGET', KEYS[1], 'writers') or redis.call('HINCRBY', KEYS[1], 'writers', -1) <= 0 then redis.call('DEL', KEYS[1]) end
return 1`;
