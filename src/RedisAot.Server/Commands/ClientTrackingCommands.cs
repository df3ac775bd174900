using System.Text;
using RedisAot.Server.Clients;
using RedisAot.Server.Tracking;

namespace RedisAot.Server.Commands;

/// <summary>The subcommands of CLIENT for client-side caching; their rows stand in <see cref="ClientCommands"/>.</summary>
internal static class ClientTrackingCommands
{
    internal static void Tracking(CommandContext c)
    {
        if (!TryParse(c, out TrackingOptions options, out long redirectId, out List<byte[]> prefixes))
            return;
        if (c.ArgIs(2, "on"u8))
        {
            if (!MayEnable(c, options, prefixes))
                return;
            c.Server.Tracking.Enable(c.Client, options, redirectId, prefixes.ToArray());
        }
        else if (c.ArgIs(2, "off"u8))
        {
            c.Server.Tracking.Disable(c.Client);
        }
        else
        {
            c.SyntaxError();
            return;
        }
        c.Reply.Ok();
    }

    internal static void Caching(CommandContext c)
    {
        if (c.Client.Tracking == null)
        {
            c.Reply.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"u8);
            return;
        }
        bool yes = c.ArgIs(2, "yes"u8);
        if (!yes && !c.ArgIs(2, "no"u8))
        {
            c.SyntaxError();
            return;
        }
        TrackingOptions options = c.Client.Tracking.Options;
        if (yes && (options & TrackingOptions.OptIn) == 0)
        {
            c.Reply.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."u8);
            return;
        }
        if (!yes && (options & TrackingOptions.OptOut) == 0)
        {
            c.Reply.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."u8);
            return;
        }
        c.Client.Tracking.CachingGiven = true;
        c.Reply.Ok();
    }

    internal static void GetRedir(CommandContext c) => c.Reply.Integer(c.Client.Tracking?.RedirectId ?? -1);

    internal static void TrackingInfo(CommandContext c)
    {
        TrackingSession? tracking = c.Client.Tracking;
        c.Reply.MapHeader(3);
        c.Reply.Bulk("flags"u8);
        nint mark = c.Reply.BeginDeferred();
        c.Reply.EndDeferredSet(mark, WriteFlags(c, tracking));
        c.Reply.Bulk("redirect"u8);
        c.Reply.Integer(tracking?.RedirectId ?? -1);
        c.Reply.Bulk("prefixes"u8);
        c.Reply.ArrayHeader(tracking?.Prefixes.Count ?? 0);
        if (tracking == null)
            return;
        foreach (byte[] prefix in tracking.Prefixes)
            c.Reply.Bulk(prefix);
    }

    private static int WriteFlags(CommandContext c, TrackingSession? tracking)
    {
        if (tracking == null)
        {
            c.Reply.Bulk("off"u8);
            return 1;
        }
        c.Reply.Bulk("on"u8);
        int count = 1;
        if (tracking.IsBroadcast)
            Add("bcast"u8);
        if ((tracking.Options & TrackingOptions.OptIn) != 0)
        {
            Add("optin"u8);
            if (tracking.CachingGiven)
                Add("caching-yes"u8);
        }
        if ((tracking.Options & TrackingOptions.OptOut) != 0)
        {
            Add("optout"u8);
            if (tracking.CachingGiven)
                Add("caching-no"u8);
        }
        if (tracking.NoLoop)
            Add("noloop"u8);
        if (tracking.IsRedirectBroken)
            Add("broken_redirect"u8);
        return count;

        void Add(ReadOnlySpan<byte> flag)
        {
            c.Reply.Bulk(flag);
            count++;
        }
    }

    private static bool TryParse(CommandContext c, out TrackingOptions options, out long redirectId, out List<byte[]> prefixes)
    {
        options = TrackingOptions.None;
        redirectId = 0;
        prefixes = [];
        for (int i = 3; i < c.ArgCount; i++)
        {
            bool hasValue = i + 1 < c.ArgCount;
            if (c.ArgIs(i, "redirect"u8) && hasValue)
            {
                if (!TryGetRedirect(c, ++i, ref redirectId))
                    return false;
            }
            else if (c.ArgIs(i, "prefix"u8) && hasValue)
            {
                prefixes.Add(c[++i].ToArray());
            }
            else if (TryGetOption(c, i, out TrackingOptions option))
            {
                options |= option;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }
        return true;
    }

    private static bool TryGetOption(CommandContext c, int i, out TrackingOptions option)
    {
        option = c.ArgIs(i, "bcast"u8) ? TrackingOptions.Broadcast
            : c.ArgIs(i, "optin"u8) ? TrackingOptions.OptIn
            : c.ArgIs(i, "optout"u8) ? TrackingOptions.OptOut
            : c.ArgIs(i, "noloop"u8) ? TrackingOptions.NoLoop
            : TrackingOptions.None;
        return option != TrackingOptions.None;
    }

    private static bool TryGetRedirect(CommandContext c, int i, ref long redirectId)
    {
        if (redirectId != 0)
        {
            c.Reply.Error("ERR A client can only redirect to a single other client"u8);
            return false;
        }
        if (!c.TryGetLong(i, out redirectId))
            return false;
        if (c.Server.Clients.Find(redirectId) != null)
            return true;
        c.Reply.Error("ERR The client ID you want redirect to does not exist"u8);
        return false;
    }

    // Whether the options go together, and with those in force; otherwise the error has been replied.
    private static bool MayEnable(CommandContext c, TrackingOptions options, List<byte[]> prefixes)
    {
        const TrackingOptions Opt = TrackingOptions.OptIn | TrackingOptions.OptOut;
        TrackingSession? tracking = c.Client.Tracking;
        bool broadcast = (options & TrackingOptions.Broadcast) != 0;
        TrackingOptions changed = tracking == null ? TrackingOptions.None : (options | tracking.Options) & Opt;
        if (!broadcast && prefixes.Count > 0)
            c.Reply.Error("ERR PREFIX option requires BCAST mode to be enabled"u8);
        else if (tracking != null && tracking.IsBroadcast != broadcast)
            c.Reply.Error("ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."u8);
        else if (broadcast && (options & Opt) != 0)
            c.Reply.Error("ERR OPTIN and OPTOUT are not compatible with BCAST"u8);
        else if ((options & Opt) == Opt)
            c.Reply.Error("ERR You can't specify both OPTIN mode and OPTOUT mode"u8);
        else if (changed == Opt)
            c.Reply.Error("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."u8);
        else
            return !broadcast || !Overlap(c, prefixes, tracking);
        return false;
    }

    private static bool Overlap(CommandContext c, List<byte[]> prefixes, TrackingSession? tracking)
    {
        for (int i = 0; i < prefixes.Count; i++)
        {
            foreach (byte[] existing in tracking?.Prefixes ?? [])
            {
                if (Overlap(existing, prefixes[i]))
                    return ReplyOverlap(c, prefixes[i], "an existing", existing);
            }
            for (int j = i + 1; j < prefixes.Count; j++)
            {
                if (Overlap(prefixes[i], prefixes[j]))
                    return ReplyOverlap(c, prefixes[i], "another provided", prefixes[j]);
            }
        }
        return false;
    }

    private static bool Overlap(byte[] a, byte[] b) => a.AsSpan().StartsWith(b) || b.AsSpan().StartsWith(a);

    private static bool ReplyOverlap(CommandContext c, byte[] prefix, string what, byte[] other)
    {
        c.Reply.Error($"ERR Prefix '{Encoding.Latin1.GetString(prefix)}' overlaps with {what} prefix '{Encoding.Latin1.GetString(other)}'. " +
            "Prefixes for a single client must not overlap.");
        return true;
    }
}
