-- SHA-256 (FIPS 180-4) of both bodies while they stream by; LuaJIT's bit operations work on 32-bit numbers.
local bit = require("bit")
local band, bnot, bxor, ror, shr, int = bit.band, bit.bnot, bit.bxor, bit.ror, bit.rshift, bit.tobit
local byte, char, sub, rep = string.byte, string.char, string.sub, string.rep

-- The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of square roots of the first 8.
local K, START = {}, {}
do
  local primes, n = {}, 2
  while #primes < 64 do
    local is_prime = true
    for _, p in ipairs(primes) do
      if n % p == 0 then is_prime = false break end
    end
    if is_prime then primes[#primes + 1] = n end
    n = n + 1
  end
  local function bits(root) return int(math.floor((root - math.floor(root)) * 4294967296)) end
  for i = 1, 64 do K[i] = bits(primes[i] ^ (1 / 3)) end
  for i = 1, 8 do START[i] = bits(primes[i] ^ 0.5) end
end

local W = {}
for i = 1, 64 do W[i] = 0 end

local function block(h, s, p)
  for i = 1, 16 do
    local b1, b2, b3, b4 = byte(s, p, p + 3)
    W[i] = int(b1 * 16777216 + b2 * 65536 + b3 * 256 + b4)
    p = p + 4
  end
  for i = 17, 64 do
    local x, y = W[i - 15], W[i - 2]
    W[i] = int(W[i - 16] + bxor(ror(x, 7), ror(x, 18), shr(x, 3)) + W[i - 7] + bxor(ror(y, 17), ror(y, 19), shr(y, 10)))
  end
  local a, b, c, d, e, f, g, l = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
  for i = 1, 64 do
    local t1 = int(l + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(band(e, f), band(bnot(e), g)) + K[i] + W[i])
    local t2 = int(bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bxor(band(a, b), band(a, c), band(b, c)))
    l, g, f, e, d, c, b, a = g, f, e, int(d + t1), c, b, a, int(t1 + t2)
  end
  h[1], h[2], h[3], h[4] = int(h[1] + a), int(h[2] + b), int(h[3] + c), int(h[4] + d)
  h[5], h[6], h[7], h[8] = int(h[5] + e), int(h[6] + f), int(h[7] + g), int(h[8] + l)
end

local own = {}

function own.begin()
  local h = {}
  for i = 1, 8 do h[i] = START[i] end
  return { h = h, length = 0, rest = "" }
end

function own.feed(state, s)
  state.length = state.length + #s
  if state.rest ~= "" then s = state.rest .. s end
  local p, last = 1, #s - 63
  while p <= last do
    block(state.h, s, p)
    p = p + 64
  end
  state.rest = sub(s, p)
end

local function big_endian(n)
  return char(math.floor(n / 16777216) % 256, math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
end

function own.finish(state)
  local length = state.length
  local s = state.rest .. "\128" .. rep("\0", (55 - length) % 64)
  s = s .. big_endian(math.floor(length / 536870912)) .. big_endian(length % 536870912 * 8)
  for p = 1, #s, 64 do block(state.h, s, p) end
  local out = {}
  for i = 1, 8 do out[i] = big_endian(state.h[i] % 4294967296) end
  return table.concat(out)
end

-- The system's OpenSSL hashes about thirty times as fast; where the machine has none, we do it ourselves.
local function of_openssl()
  local found, ffi = pcall(require, "ffi")
  if not found then return nil end
  ffi.cdef [[
    typedef struct evp_md_st EVP_MD;
    typedef struct evp_md_ctx_st EVP_MD_CTX;
    EVP_MD_CTX *EVP_MD_CTX_new(void);
    void EVP_MD_CTX_free(EVP_MD_CTX *ctx);
    const EVP_MD *EVP_sha256(void);
    const EVP_MD *EVP_sha512(void);
    int EVP_DigestInit_ex(EVP_MD_CTX *ctx, const EVP_MD *type, void *engine);
    int EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t count);
    int EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *md, unsigned int *size);
  ]]
  local crypto
  for _, name in ipairs({ "libcrypto.so.3", "libcrypto.so.1.1" }) do
    found, crypto = pcall(ffi.load, name)
    if found and pcall(function() return crypto.EVP_MD_CTX_new end) then break end
    crypto = nil
  end
  if not crypto then return nil end
  local function by(kind)
    local hashing, out, size = {}, ffi.new("unsigned char[64]"), ffi.new("unsigned int[1]")

    function hashing.begin()
      local context = ffi.gc(crypto.EVP_MD_CTX_new(), crypto.EVP_MD_CTX_free)
      crypto.EVP_DigestInit_ex(context, kind, nil)
      return context
    end

    function hashing.feed(context, s) crypto.EVP_DigestUpdate(context, s, #s) end

    function hashing.finish(context)
      crypto.EVP_DigestFinal_ex(context, out, size)
      crypto.EVP_MD_CTX_free(ffi.gc(context, nil))
      return ffi.string(out, size[0])
    end

    return hashing
  end

  return by(crypto.EVP_sha256()), by(crypto.EVP_sha512())
end

-- What hashes for us is believed only if it knows the digest of "abc" (FIPS 180-4, B.1 and C.1).
local function knows(hash, beginning)
  local state = hash.begin()
  hash.feed(state, "abc")
  return string.format("%02x%02x", byte(hash.finish(state), 1, 2)) == beginning
end

local function believed(hash, beginning)
  local asked, right = pcall(knows, hash, beginning)
  return asked and right
end

local loaded, openssl, long = pcall(of_openssl)
local hash = own
if loaded and openssl and believed(openssl, "ba78") then hash = openssl end
if not (loaded and long and believed(long, "ddaf")) then long = nil end

local function whole(hashing, text)
  local state = hashing.begin()
  hashing.feed(state, text)
  return hashing.finish(state)
end

-- X-Road's hash of a request (serving/hashing.py tells the form): what is known of it before the body, then the body.
local SAID, REPRESENTED = { "x-road-userid", "x-road-issue", "x-road-represented-party" }, "x-road-represented-party"

local function note_head(handle, noted)
  local headers, said = handle:headers(), {}
  for _, name in ipairs(SAID) do
    local value = headers:get(name)
    if name == REPRESENTED then value = journal.represented(handle) end
    if value then said[#said + 1] = name .. ":" .. value .. "\r\n" end
  end
  noted:set("lgsp.digest", "asked", headers:get(":method") .. "\r\n" .. headers:get(":path") .. "\r\n")
  noted:set("lgsp.digest", "said", table.concat(said))
end

local function note_body(state, length, noted)
  local digest = length > 0 and long.finish(state) or ""
  noted:set("lgsp.digest", "body", (digest:gsub(".", function(c) return string.format("%02x", byte(c)) end)))
end

local function request_hash(handle, headers, noted)
  local client, id, request = headers:get("x-road-client"), headers:get("x-road-id"), headers:get("x-road-request-id")
  -- Without the body's part the request was not read to its end.
  if not (noted and noted.asked and noted.body and client and id and request) then return nil end
  local head = noted.asked .. "x-road-client:" .. client .. "\r\nx-road-id:" .. id .. "\r\n" .. noted.said
  local found = whole(long, head .. "x-road-request-id:" .. request .. "\r\n")
  if noted.body ~= "" then
    found = whole(long, found .. noted.body:gsub("..", function(pair) return char(tonumber(pair, 16)) end))
  end
  return handle:base64Escape(found)
end

-- What a handle hands out is good until the next wait for a part of the body: it is asked for anew after those.
local function notes(handle) return handle:streamInfo():dynamicMetadata() end

local function digest(handle, which, second, instead)
  local state, other, length = hash.begin(), second and second.begin(), 0
  for chunk in handle:bodyChunks() do
    if instead then
      chunk:setBytes(instead)
      instead = ""
    end
    local size = chunk:length()
    if size > 0 then
      local bytes = chunk:getBytes(0, size)
      hash.feed(state, bytes)
      if other then second.feed(other, bytes) end
      length = length + size
    end
  end
  local noted, text = notes(handle), "sha-256=:" .. handle:base64Escape(hash.finish(state)) .. ":"
  noted:set("lgsp.digest", which, text)
  if other then note_body(other, length, noted) end
  return text, length
end

function envoy_on_request(handle)
  local noted = notes(handle)
  if long then note_head(handle, noted) end
  noted:set("lgsp.digest", "journal", journal.asked(handle))
  digest(handle, "request", long)
end

-- An answer that cannot be written down is not given, as the data server gives none of its own then.
local REFUSAL = '{"code":"unavailable","status":503,"title":"Tạm thời không phục vụ được",'
  .. '"detail":"Cổng không ghi được nhật ký nên không trả dữ liệu.","hint":"Thử lại sau ít giây.",'
  .. '"x_road_type":"server.serverproxy.service_failed","request_id":"%s"}'

local function refuse(handle, headers)
  local names = {}
  for name in pairs(headers) do names[#names + 1] = name end
  for _, name in ipairs(names) do
    -- What the gateway itself has said of the call stays; nothing of the system's answer does.
    if name:sub(1, 1) ~= ":" and name:sub(1, 7) ~= "x-road-" and name ~= "x-request-id" then headers:remove(name) end
  end
  headers:replace(":status", "503")
  headers:replace("x-road-error", "server.serverproxy.service_failed")
  headers:replace("content-type", "application/problem+json; charset=utf-8")
  headers:replace("cache-control", "no-store")
  headers:replace("retry-after", "5")
  return string.format(REFUSAL, headers:get("x-road-request-id") or "")
end

-- Twice: before a byte is sent, and before the last one is. What went out when the gateway was killed in between is known.
function envoy_on_response(handle)
  local headers, known = handle:headers(), notes(handle):get("lgsp.digest") or {}
  local status = headers:get(":status")
  -- What another platform says of its own message stays.
  if long and not headers:get("x-road-request-hash") then
    local value = request_hash(handle, headers, known)
    if value then headers:add("x-road-request-hash", value) end
  end
  local asked = known.journal and known.journal .. (known.request and ',"requestDigest":"' .. known.request .. '"' or "")
  local written, fault = true, nil
  if asked then written, fault = pcall(journal.answered, handle, asked, status, "") end
  local instead
  if not written then
    handle:logErr("journal_failed: " .. tostring(fault))
    instead = refuse(handle, headers)
  end
  local text, size = digest(handle, "response", nil, instead)
  if asked and written then
    local more = ',"responseSize":' .. size .. ',"responseDigest":"' .. text .. '","digestBy":"gateway"'
    journal.answered(handle, asked, status, more)
  end
end
