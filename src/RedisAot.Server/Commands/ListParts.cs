using RedisAot.Data;
using RedisAot.Resp;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>What the commands about lists have in common.</summary>
internal static unsafe class ListParts
{
    /// <summary>Reads argument <paramref name="index"/>, LEFT or RIGHT; false when the error was replied.</summary>
    public static bool TryReadEnd(CommandContext c, int index, out ListEnd end)
    {
        end = c.ArgIs(index, "left"u8) ? ListEnd.Left : ListEnd.Right;
        if (end == ListEnd.Left || c.ArgIs(index, "right"u8))
            return true;
        c.SyntaxError();
        return false;
    }

    /// <summary>Replies with an array of so many elements, of which there are enough, beginning with the one at <paramref name="index"/>.</summary>
    public static void Reply(ReplyWriter reply, Quicklist* list, long index, long count, bool forward = true)
    {
        reply.ArrayHeader(count);
        QuicklistCursor cursor = new(list, index, forward);
        for (; count > 0 && cursor.MoveNext(); count--)
            ElementReply.Write(reply, cursor.Current);
        cursor.Dispose();
    }

    /// <summary>Replies with an array of so many elements, in the order in which they would be popped from an end.</summary>
    public static void ReplyFrom(ReplyWriter reply, Quicklist* list, ListEnd end, long count) =>
        Reply(reply, list, end == ListEnd.Left ? 0 : -1, count, forward: end == ListEnd.Left);

    /// <summary>Tells of elements that were pushed.</summary>
    public static void Pushed(CommandContext c, ReadOnlySpan<byte> key, ListEnd end)
    {
        c.SignalModified(key);
        c.NotifyKeyspaceEvent(KeyspaceEventClass.List, end == ListEnd.Left ? "lpush"u8 : "rpush"u8, key);
    }

    /// <summary>Tells of elements that were popped, and deletes the list if none is left.</summary>
    public static void Popped(CommandContext c, ReadOnlySpan<byte> key, KeyEntry entry, ListEnd end) =>
        Removed(c, key, entry, end == ListEnd.Left ? "lpop"u8 : "rpop"u8);

    /// <summary>Tells of elements that were removed, and deletes the list if none is left.</summary>
    public static void Removed(CommandContext c, ReadOnlySpan<byte> key, KeyEntry entry, ReadOnlySpan<byte> eventName)
    {
        c.NotifyKeyspaceEvent(KeyspaceEventClass.List, eventName, key);
        if (ListValue.Of(entry)->Count == 0)
        {
            c.Db.Delete(key);
            c.NotifyKeyspaceEvent(KeyspaceEventClass.Generic, "del"u8, key);
        }
        c.SignalModified(key);
    }
}
