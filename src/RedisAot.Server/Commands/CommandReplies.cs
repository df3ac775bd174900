using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>Rows as replies, in the shapes of <c>COMMAND INFO</c> and <c>COMMAND DOCS</c>.</summary>
internal static class CommandReplies
{
    /// <summary>The flags of a key in a set of simple strings.</summary>
    public static void KeyFlagSet(ReplyWriter reply, KeyFlags flags) => FlagSet(reply, (uint)flags, KeyFlagNames);

    /// <summary>One element of <c>COMMAND INFO</c>.</summary>
    public static void Info(ReplyWriter reply, CommandRow row)
    {
        reply.ArrayHeader(10);
        reply.Bulk(row.FullNameUtf8);
        reply.Integer(row.Arity);
        FlagSet(reply, (uint)row.Flags, VisibleFlagNames);
        reply.Integer(row.LegacyKeys.First);
        reply.Integer(row.LegacyKeys.Last);
        reply.Integer(row.LegacyKeys.Step);
        FlagSet(reply, (uint)row.Categories, CategoryNames);
        Tips(reply, row);
        KeySpecs(reply, row);
        if (row.Subcommands.Length == 0)
        {
            reply.SetHeader(0);
            return;
        }

        reply.ArrayHeader(row.Subcommands.Length);
        foreach (var subcommand in row.Subcommands)
            Info(reply, subcommand);
    }

    /// <summary>The name of a command and its documentation: one pair of <c>COMMAND DOCS</c>.</summary>
    public static void NamedDocs(ReplyWriter reply, CommandRow row)
    {
        reply.Bulk(row.FullNameUtf8);
        Docs(reply, row);
    }

    private static void Docs(ReplyWriter reply, CommandRow row)
    {
        var arguments = row.ArgumentTree;
        var map = new MapReply(reply);
        map.Text("summary", row.Summary);
        map.Text("since", row.Since);
        map.Text("group", CommandGroupNames.Of(row.Group));
        map.Text("complexity", row.Complexity);
        if (row.DocFlags != CommandDocFlags.None)
        {
            map.Key("doc_flags");
            FlagSet(reply, (uint)row.DocFlags, DocFlagNames);
        }

        map.Text("deprecated_since", row.DeprecatedSince);
        map.Text("replaced_by", row.ReplacedBy);
        if (row.History.Length > 0)
        {
            map.Key("history");
            History(reply, row);
        }

        if (arguments.Length > 0)
        {
            map.Key("arguments");
            Arguments(reply, arguments);
        }

        if (row.Subcommands.Length > 0)
        {
            map.Key("subcommands");
            reply.MapHeader(row.Subcommands.Length);
            foreach (var subcommand in row.Subcommands)
                NamedDocs(reply, subcommand);
        }

        map.End();
    }

    private static void History(ReplyWriter reply, CommandRow row)
    {
        reply.SetHeader(row.History.Length);
        foreach (var (version, change) in row.History)
        {
            reply.ArrayHeader(2);
            reply.Bulk(version);
            reply.Bulk(change);
        }
    }

    private static void Tips(ReplyWriter reply, CommandRow row)
    {
        reply.SetHeader(row.Tips.Length);
        foreach (var tip in row.Tips)
            reply.Bulk(tip);
    }

    private static void Arguments(ReplyWriter reply, CommandArgument[] arguments)
    {
        reply.ArrayHeader(arguments.Length);
        foreach (var argument in arguments)
        {
            var map = new MapReply(reply);
            map.Text("name", argument.Name);
            map.Text("type", CommandArgument.TypeNames[(int)argument.Type]);
            map.Text("display_text", argument.DisplayText);
            if (argument.KeySpecIndex >= 0)
            {
                map.Key("key_spec_index");
                reply.Integer(argument.KeySpecIndex);
            }

            map.Text("token", argument.Token);
            map.Text("since", argument.Since);
            map.Text("deprecated_since", argument.DeprecatedSince);
            var flags = (argument.Optional ? 1u : 0) | (argument.Multiple ? 2u : 0) | (argument.MultipleToken ? 4u : 0);
            if (flags != 0)
            {
                map.Key("flags");
                FlagSet(reply, flags, ArgumentFlagNames);
            }

            if (argument.Type is ArgumentType.OneOf or ArgumentType.Block)
            {
                map.Key("arguments");
                Arguments(reply, argument.Arguments);
            }

            map.End();
        }
    }

    private static void KeySpecs(ReplyWriter reply, CommandRow row)
    {
        reply.SetHeader(row.Keys.Length);
        foreach (ref readonly var spec in row.Keys.AsSpan())
        {
            var map = new MapReply(reply);
            map.Text("notes", spec.Notes);
            map.Key("flags");
            KeyFlagSet(reply, spec.Flags);
            map.Key("begin_search");
            BeginSearch(reply, spec);
            map.Key("find_keys");
            FindKeys(reply, spec);
            map.End();
        }
    }

    private static void BeginSearch(ReplyWriter reply, in KeySpec spec)
    {
        switch (spec.Search)
        {
            case KeySearch.Index:
                TypeAndSpec(reply, "index", 1);
                Pair(reply, "index", spec.Start);
                break;
            case KeySearch.Keyword:
                TypeAndSpec(reply, "keyword", 2);
                reply.Bulk("keyword");
                reply.Bulk(spec.Keyword!);
                Pair(reply, "startfrom", spec.Start);
                break;
            default:
                TypeAndSpec(reply, "unknown", 0);
                break;
        }
    }

    private static void FindKeys(ReplyWriter reply, in KeySpec spec)
    {
        switch (spec.Range)
        {
            case KeyRange.Range:
                TypeAndSpec(reply, "range", 3);
                Pair(reply, "lastkey", spec.LastKey);
                Pair(reply, "keystep", spec.Step);
                Pair(reply, "limit", spec.Limit);
                break;
            case KeyRange.KeyNum:
                TypeAndSpec(reply, "keynum", 3);
                Pair(reply, "keynumidx", spec.KeyNumIndex);
                Pair(reply, "firstkey", spec.FirstKey);
                Pair(reply, "keystep", spec.Step);
                break;
            default:
                TypeAndSpec(reply, "unknown", 0);
                break;
        }
    }

    private static void TypeAndSpec(ReplyWriter reply, string type, int specPairs)
    {
        reply.MapHeader(2);
        reply.Bulk("type");
        reply.Bulk(type);
        reply.Bulk("spec");
        reply.MapHeader(specPairs);
    }

    private static void Pair(ReplyWriter reply, string key, long value)
    {
        reply.Bulk(key);
        reply.Integer(value);
    }

    /// <summary>The names of the bits that are set; a bit without a name is kept from clients.</summary>
    private static void FlagSet(ReplyWriter reply, uint flags, (uint Flag, byte[] Name)[] names)
    {
        var mark = reply.BeginDeferred();
        var count = 0;
        foreach (var (flag, name) in names)
        {
            if ((flags & flag) == 0)
                continue;

            reply.SimpleString(name);
            count++;
        }

        reply.EndDeferredSet(mark, count);
    }

    private static (uint Flag, byte[] Name)[] Names(params ReadOnlySpan<string> namesByBit)
    {
        var names = new (uint, byte[])[namesByBit.Length];
        for (var bit = 0; bit < names.Length; bit++)
            names[bit] = (1u << bit, System.Text.Encoding.ASCII.GetBytes(namesByBit[bit]));
        return names;
    }

    private static readonly (uint Flag, byte[] Name)[] VisibleFlagNames = Array.ConvertAll(
        CommandFlagNames.Visible, pair => ((uint)pair.Flag, System.Text.Encoding.ASCII.GetBytes(pair.Name)));

    private static readonly (uint Flag, byte[] Name)[] CategoryNames =
        Names(Array.ConvertAll(AclCategoryNames.All, name => "@" + name));

    private static readonly (uint Flag, byte[] Name)[] DocFlagNames = Names("deprecated", "syscmd");

    private static readonly (uint Flag, byte[] Name)[] ArgumentFlagNames = Names("optional", "multiple", "multiple_token");

    private static readonly (uint Flag, byte[] Name)[] KeyFlagNames = Names(
        "RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags");

    /// <summary>A map whose pairs are counted while they are written.</summary>
    private ref struct MapReply
    {
        private readonly ReplyWriter _reply;
        private readonly nint _mark;
        private int _count;

        public MapReply(ReplyWriter reply)
        {
            _reply = reply;
            _mark = reply.BeginDeferred();
        }

        /// <summary>Starts a pair; the caller writes its value.</summary>
        public void Key(string key)
        {
            _reply.Bulk(key);
            _count++;
        }

        /// <summary>A pair, unless there is no text.</summary>
        public void Text(string key, string? text)
        {
            if (text is null)
                return;

            Key(key);
            _reply.Bulk(text);
        }

        public readonly void End() => _reply.EndDeferredMap(_mark, _count);
    }
}
