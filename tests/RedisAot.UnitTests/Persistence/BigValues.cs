using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server;
using RedisAot.Server.Configuration;
using RedisAot.Server.Keyspace;

namespace RedisAot.UnitTests.Persistence;

/// <summary>Values of every type, most of them too big to be saved in one piece, that change at random.</summary>
internal static unsafe class BigValues
{
    private const int KeysPerType = 3, ManyElements = 1500;

    public static void Change(Database db, RedisServer server, Random random)
    {
        byte[] key = Encoding.ASCII.GetBytes($"big{random.Next(KeysPerType)}");
        int type = random.Next(6);
        KeyEntry entry = db.LookupWrite(key);
        if (!entry.IsNull && entry.Type != TypeOf(type) && random.Next(4) != 0)
            type = Array.FindIndex(Types, t => t == entry.Type);
        bool isThere = !entry.IsNull && entry.Type == TypeOf(type);
        int count = isThere ? random.Next(1, 30) : random.Next(ManyElements);
        switch (Types[type])
        {
            case DataType.Hash:
                ChangeHash(isThere ? entry : HashValue.Create(db, key, 0), server.Config, random, count, db);
                break;
            case DataType.Set:
                ChangeSet(isThere ? entry : SetValue.Create(db, key, "x"u8), server.Config, random, count);
                break;
            case DataType.SortedSet:
                ChangeSortedSet(db, key, isThere ? entry : default, server.Config, random, count);
                break;
            case DataType.List:
                ChangeList(isThere ? entry : db.SetExternal(key, DataType.List, ValueEncoding.QuickList, (byte*)Quicklist.Create(3, random.Next(3))), random, count);
                break;
            case DataType.Stream:
                ChangeStream(isThere ? entry : db.SetExternal(key, DataType.Stream, ValueEncoding.Stream, (byte*)StreamData.Create()), random, count);
                break;
            default:
                if (!isThere)
                    db.Delete(key);
                random.NextBytes(db.ResizeString(key, random.Next(150_000)));
                break;
        }
    }

    private static readonly DataType[] Types =
        [DataType.Hash, DataType.Set, DataType.SortedSet, DataType.List, DataType.Stream, DataType.String];

    private static DataType TypeOf(int index) => Types[index];

    private static byte[] Element(Random random) => Encoding.ASCII.GetBytes($"element {random.Next(ManyElements)}");

    private static void ChangeHash(KeyEntry entry, ServerConfig config, Random random, int count, Database db)
    {
        HashValue.Set(entry, "x"u8, "y"u8, config);
        for (; count > 0; count--)
        {
            byte[] field = Element(random);
            int choice = random.Next(8);
            if (choice == 0)
            {
                HashValue.Remove(entry, field);
            }
            else if (choice == 1 && HashValue.TryFind(entry, field, out _))
            {
                HashValue.PrepareForTimes(entry);
                HashValue.SetExpiry(entry, field, random.Next(4) == 0 ? HashField.NoExpiry : 3_000_000_000_000 + random.Next(1000));
            }
            else
            {
                HashValue.Set(entry, field, new byte[random.Next(100)], config, keepExpiry: random.Next(2) == 0);
            }
        }
        db.FieldTimesChanged(entry);
    }

    private static void ChangeSet(KeyEntry entry, ServerConfig config, Random random, int count)
    {
        SetValue.Add(entry, "x"u8, config);
        for (; count > 0; count--)
        {
            if (random.Next(4) == 0)
                SetValue.Remove(entry, Element(random));
            else
                SetValue.Add(entry, Element(random), config);
        }
    }

    private static void ChangeSortedSet(Database db, byte[] key, KeyEntry entry, ServerConfig config, Random random, int count)
    {
        if (entry.IsNull)
            entry = db.SetExternal(key, DataType.SortedSet, ValueEncoding.ListPack, Listpack.Create());
        double score = 0;
        SortedSetValue.Add(entry, config, "x"u8, ref score);
        for (; count > 0; count--)
        {
            score = random.Next(50);
            if (random.Next(4) == 0)
                SortedSetValue.Remove(entry, Element(random));
            else
                SortedSetValue.Add(entry, config, Element(random), ref score);
        }
    }

    private static void ChangeList(KeyEntry entry, Random random, int count)
    {
        Quicklist* list = ListValue.Of(entry);
        for (; count > 0; count--)
            ChangeListOnce(list, random);
        if (list->Count == 0)
            list->PushTail("x"u8);
    }

    private static void ChangeListOnce(Quicklist* list, Random random)
    {
        switch (random.Next(list->Count > 40 ? 40 : 8))
        {
            case < 8:
                list->PushTail(Element(random));
                break;
            case < 16:
                list->PushHead(Element(random));
                break;
            case < 24:
                list->RemoveFirst();
                break;
            case < 32:
                list->RemoveLast();
                break;
            case < 36:
                list->RemoveRange(random.Next(2) == 0 ? 0 : -3, 3);
                break;
            case 36:
                list->RemoveRange(random.Next(-20, 20), random.Next(10));
                break;
            default:
                QuicklistCursor cursor = new(list, random.Next((int)list->Count));
                cursor.MoveNext();
                if (random.Next(2) == 0)
                    cursor.Replace(Element(random));
                else
                    cursor.InsertAfter(Element(random));
                cursor.Dispose();
                break;
        }
    }

    private static void ChangeStream(KeyEntry entry, Random random, int count)
    {
        StreamData* stream = StreamValue.Of(entry);
        byte[] text = Element(random);
        StreamGroup* group = stream->FindGroup("g"u8);
        if (group == null)
            group = stream->AddGroup("g"u8, default, 0);
        StreamConsumer* consumer = group->FindConsumer("c"u8);
        if (consumer == null)
            consumer = group->AddConsumer("c"u8, 1);
        fixed (byte* bytes = text)
        {
            ListpackValue value = ListpackValue.Of(bytes, text.Length);
            for (; count > 0; count--)
            {
                StreamId id = new(stream->LastId.Ms + 1, 0);
                stream->Append(id, [value, value], text.Length * 2, 4096, 10);
                PendingEntry* pending = group->TryAdd(id, 1, 1);
                StreamGroup.Give(pending, consumer);
            }
        }
    }
}
