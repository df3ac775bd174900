using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Server.Persistence;

namespace RedisAot.UnitTests.Persistence;

/// <summary>Files that hold a value of every type and encoding ever written.</summary>
internal static unsafe class RdbSamples
{
    /// <summary>What the node of a stream looks like that official 7.0.15 wrote: entries 1-1, 1-2 (deleted) and 5-0.</summary>
    private const string StreamNode =
        "10000000000000000100000000000000013838000000160002010101010181660200010201000100018176020401030100010101817702040100010401dfff" +
        "0201018167020c010601ff";

    private const long DeliveredMs = 1_700_000_000_000, LateMs = 33_000_000_000_000;

    /// <summary>Types that mean the same in every version.</summary>
    private static IEnumerable<(RdbType Type, byte[] Value)> Common
    {
        get
        {
            foreach ((_, string payload, _) in OfficialPayloads.All)
            {
                byte[] value = Convert.FromHexString(payload)[..^10];
                yield return ((RdbType)value[0], value[1..]);
            }
            yield return (RdbType.List, new RdbBytes().Count(2).String("a").Byte(0xc1).Int16(500).ToArray());
            yield return (RdbType.SortedSet, new RdbBytes().Count(2).String("b").String("2.5").String("a").Byte(254).ToArray());
            yield return (RdbType.HashZipmap, new RdbBytes().String(RdbBytes.Zipmap("a", "5", "b", new string('z', 260))).ToArray());
            yield return (RdbType.ListZiplist, new RdbBytes().String(RdbBytes.Ziplist("a", 5, new string('x', 260), -70, 1L << 40)).ToArray());
            yield return (RdbType.SortedSetZiplist, new RdbBytes().String(RdbBytes.Ziplist("a", 5, "b", "7.5", "c", 100000)).ToArray());
            yield return (RdbType.HashZiplist, new RdbBytes().String(RdbBytes.Ziplist("a", 5, "b", "7.5")).ToArray());
            yield return (RdbType.ListQuicklist, new RdbBytes().Count(2).String(RdbBytes.Ziplist(1, 2)).String(RdbBytes.Ziplist("z")).ToArray());
            yield return (RdbType.SetListpack, new RdbBytes().String(ListpackOf("a", "5", "b")).ToArray());
            foreach (RdbType type in (RdbType[])[RdbType.StreamListpacks, RdbType.StreamListpacks2, RdbType.StreamListpacks3])
                yield return (type, Stream(type));
        }
    }

    /// <summary>Types of Redis from 7.4 on.</summary>
    private static IEnumerable<(RdbType Type, byte[] Value)> OfRedis
    {
        get
        {
            byte[] triplets = ListpackOf("b", "2", $"{LateMs}", "a", "1", "0");
            yield return (RdbType.HashExpiringPreGa, new RdbBytes().Count(2).Count(0).String("a").String("1").Byte(0x81).BigEndian64(LateMs)
                .String("b").String("2").ToArray());
            yield return (RdbType.HashListpackExPreGa, new RdbBytes().String(triplets).ToArray());
            yield return (RdbType.HashExpiring, new RdbBytes().Int64(LateMs).Count(2).Count(0).String("a").String("1").Count(1).String("b").String("2").ToArray());
            yield return (RdbType.HashListpackEx, new RdbBytes().Int64(LateMs).String(triplets).ToArray());
            yield return (RdbType.StreamListpacks4, Stream(RdbType.StreamListpacks4));
            yield return (RdbType.StreamListpacks5, Stream(RdbType.StreamListpacks5));
        }
    }

    private static (RdbType Type, byte[] Value) OfValkey => (RdbType.HashExpiringPreGa,
        new RdbBytes().Count(2).String("a").String("1").Int64(-1).String("b").String("2").Int64(LateMs).ToArray());

    /// <summary>Names of the files.</summary>
    public static string[] Headers { get; } = [.. Enumerable.Range(1, 14).Select(version => $"REDIS{version:0000}"), "VALKEY080"];

    /// <summary>A file of the version that the header names, with every opcode and value that the version can have; and how many keys it has.</summary>
    public static byte[] File(string header, out int keys)
    {
        bool isValkey = header[0] == 'V';
        int version = int.Parse(header[^3..]);
        List<(RdbType Type, byte[] Value)> values = [.. Common.Where(value => version >= 11 || value.Type <= RdbType.StreamListpacks2)];
        if (isValkey)
            values.Add(OfValkey);
        else if (version >= RdbVersion.FieldExpiry)
            values.AddRange(OfRedis);
        RdbBytes file = new RdbBytes().Raw(header);
        if (version >= 7)
            file.Byte((int)RdbOpcode.Aux).String("redis-ver").String("1.2.3").Byte((int)RdbOpcode.Aux).String("new").Byte(0xc0).Byte(7);
        file.Byte((int)RdbOpcode.SelectDb).Count(1);
        if (version >= 7)
            file.Byte((int)RdbOpcode.ResizeDb).Count(values.Count).Count(2);
        if (version >= 12)
            file.Byte((int)RdbOpcode.SlotInfo).Count(7).Count(values.Count).Count(0);
        keys = 0;
        foreach ((RdbType type, byte[] value) in values)
        {
            if (keys == 1)
                file.Byte((int)RdbOpcode.ExpireTime).Int32(int.MaxValue);
            if (keys == 2 && version >= 3)
                file.Byte((int)RdbOpcode.ExpireTimeMs).Int64(LateMs);
            if (keys == 3 && version >= 9)
                file.Byte((int)RdbOpcode.Idle).Count(100);
            if (keys == 4 && version >= 9)
                file.Byte((int)RdbOpcode.Frequency).Byte(7);
            file.Byte((int)type).String($"k{keys++}").Raw(value);
        }
        file.Byte((int)RdbOpcode.End);
        return version >= 5 ? RdbBytes.WithChecksum(file.ToArray()) : file.ToArray();
    }

    private static byte[] Stream(RdbType type)
    {
        byte[] first = Convert.FromHexString("00000000000000010000000000000001"), second = Convert.FromHexString("00000000000000010000000000000002");
        RdbBytes stream = new RdbBytes().Count(1).Raw(Convert.FromHexString(StreamNode)).Count(2).Count(5).Count(0);
        if (type >= RdbType.StreamListpacks2)
            stream.Count(1).Count(1).Count(1).Count(2).Count(3);
        stream.Count(1).String("grp").Count(1).Count(2);
        if (type >= RdbType.StreamListpacks2)
            stream.Count(2);
        stream.Count(2).Raw(first).Int64(DeliveredMs).Count(1).Raw(second).Int64(DeliveredMs).Count(1);
        stream.Count(1).String("alice").Int64(DeliveredMs);
        if (type >= RdbType.StreamListpacks3)
            stream.Int64(DeliveredMs);
        if (type == RdbType.StreamListpacks5)
            stream.Count(1).Raw(first).Count(1).Raw(second);
        else
            stream.Count(2).Raw(first).Raw(second);
        if (type >= RdbType.StreamListpacks4)
            stream.Count(100).Count(100).Count(0).Count(0).Count(0);
        return stream.ToArray();
    }

    private static byte[] ListpackOf(params string[] elements)
    {
        byte* lp = Listpack.Create();
        foreach (string element in elements)
            Listpack.Append(ref lp, Encoding.ASCII.GetBytes(element));
        byte[] bytes = Listpack.AsBytes(lp).ToArray();
        NativeHeap.Free(lp);
        return bytes;
    }
}
