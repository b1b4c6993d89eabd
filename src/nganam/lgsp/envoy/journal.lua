-- What an agency's system answered is written down before it is sent on: a killed gateway takes its last lines along.
-- The data server does the same for its own answers (nganam.serving.journal); the collector reads both alike.
local FOLDER, LARGE = "./journal/", 64 * 1024 * 1024
local O_WRONLY, O_CREAT, O_EXCL, O_APPEND, LOCK_EX, PRIVATE = 1, 64, 128, 1024, 2, 384

local function of_linux()
  local ffi = require("ffi")
  if ffi.os ~= "Linux" then return nil end
  ffi.cdef [[
    int open(const char *path, int flags, ...);
    long write(int file, const void *bytes, size_t count);
    int close(int file);
    int flock(int file, int operation);
    int getpid(void);
    struct lgsp_file { int number; };
  ]]
  return ffi
end

local found, ffi = pcall(of_linux)
if not found then ffi = nil end
local file, size, count = nil, 0, 0

-- A file of this process, held locked so that others know it is in use; closed with the configuration that opened it.
local function begin()
  local private = ffi.cast("int", PRIVATE)
  for _ = 1, 100 do
    count = count + 1
    local name = string.format("%s%d-%d-%d.jsonl", FOLDER, os.time(), ffi.C.getpid(), count)
    local number = ffi.C.open(name, O_WRONLY + O_CREAT + O_EXCL + O_APPEND, private)
    if number >= 0 then
      ffi.C.flock(number, LOCK_EX)
      file, size = ffi.gc(ffi.new("struct lgsp_file", number), function(one) ffi.C.close(one.number) end), 0
      return
    end
  end
  error("the journal cannot be opened")
end

local function leave()
  if file then ffi.C.close(ffi.gc(file, nil).number) end
  file = nil
end

local journal = {}

function journal.write(line)
  if not ffi then return end
  if not file or size > LARGE then
    leave()
    begin()
  end
  if tonumber(ffi.C.write(file.number, line, #line)) ~= #line then
    leave() -- a torn line: nothing may be put behind it
    error("the journal cannot be written")
  end
  size = size + #line
end

local function code(sign) return string.format("\\u%04x", string.byte(sign)) end

local function member(name, value, most)
  if value == nil or value == "" then return "" end
  return ',"' .. name .. '":"' .. string.gsub(string.sub(tostring(value), 1, most or 2048), '[%c"\\]', code) .. '"'
end

local function list(name, values)
  if type(values) ~= "table" or #values == 0 then return "" end
  local texts = {}
  for at, one in ipairs(values) do texts[at] = '"' .. string.gsub(tostring(one), '[%c"\\]', code) .. '"' end
  return ',"' .. name .. '":[' .. table.concat(texts, ",") .. "]"
end

-- Whom a call is made for; where no other platform may read it, it was moved off the wire before (upstreams.MOVED).
function journal.represented(handle)
  local moved = handle:streamInfo():dynamicMetadata():get("lgsp.said") or {}
  return moved.represented or handle:headers():get("x-road-represented-party")
end

local CLAIMS, NODE = "envoy.filters.http.jwt_authn", os.getenv("LGSP_NODE")

-- What the log says of a request, as far as it is known before the answer; in the log's names.
function journal.asked(handle)
  local headers, known = handle:headers(), handle:filterContext()
  local claims = (handle:streamInfo():dynamicMetadata():get(CLAIMS) or {}).payload or {}
  return member("xRequestId", headers:get("x-request-id"), 64) .. member("restMethod", headers:get(":method"))
    .. member("restPath", headers:get(":path")) .. member("consumer", headers:get("x-lgsp-consumer"), 128)
    .. member("messageId", headers:get("x-road-id"), 128) .. member("messageUserId", headers:get("x-road-userid"), 128)
    .. member("messageIssue", headers:get("x-road-issue"), 256)
    .. member("representedParty", journal.represented(handle), 128)
    .. member("clientId", claims.client_id) .. member("tokenId", claims.jti) .. member("purpose", claims.purpose)
    .. list("accounts", claims.acc) .. member("service", known:get("service")) .. member("node", NODE)
end

function journal.answered(handle, asked, status, more)
  local now = tonumber(handle:timestamp())
  local at = os.date("!%Y-%m-%dT%H:%M:%S", math.floor(now / 1000)) .. string.format(".%03d000Z", now % 1000)
  journal.write('{"at":"' .. at .. '"' .. asked .. ',"statusCode":' .. status .. more .. "}\n")
end

return journal
