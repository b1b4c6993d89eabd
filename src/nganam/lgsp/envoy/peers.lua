-- Names who calls in from another platform: ``platforms`` stands before this, by the name connected to.
local function names(ssl, by)
  if by == "uri" then return ssl:uriSanPeerCertificate() end
  if by == "dns" then return ssl:dnsSansPeerCertificate() end
  return { ssl:subjectPeerCertificate() }
end

-- A certificate with several names could be taken for more than one caller.
local function only(found)
  if found ~= nil and #found == 1 and found[1] ~= "" then return found[1] end
  return nil
end

function envoy_on_request(handle)
  local info = handle:streamInfo()
  local kept = info:dynamicMetadata()
  local ssl = info:downstreamSslConnection()
  local platform = platforms[string.lower(info:requestedServerName() or "")]
  if platform == nil or ssl == nil or not ssl:peerCertificatePresented() or not ssl:peerCertificateValidated() then
    kept:set("lgsp.peers", "refused", "peer-unknown")
    return
  end
  local headers = handle:headers()
  local said, shown = headers:get("x-road-client"), only(names(ssl, platform.by))
  if shown == nil or (said ~= nil and headers:getNumValues("x-road-client") > 1) then
    kept:set("lgsp.peers", "refused", "identity-spoken")
    return
  end
  local name = shown
  if platform.platform ~= "" then
    if shown ~= platform.platform then
      kept:set("lgsp.peers", "refused", "peer-unknown")
      return
    end
    name = said
  end
  local member = name ~= nil and platform.members[name] or nil
  if member == nil then
    kept:set("lgsp.peers", "refused", "peer-unknown")
    return
  end
  if said ~= nil and said ~= member.client then
    kept:set("lgsp.peers", "refused", "identity-spoken")
    return
  end
  headers:replace("x-lgsp-consumer", member.subject)
  kept:set("lgsp.peer", "consumer", member.subject)
  kept:set("lgsp.peers", "member", member.subject)
  -- By these a dismissed member is denied while an older table still names it.
  kept:set("lgsp.peers", "platform", platform.code)
  kept:set("lgsp.peers", "named", name)
end
