using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using Xunit;

namespace RedisAot.UnitTests.Server;

/// <summary>Expectations are what the official server answers to COMMAND GETKEYSANDFLAGS.</summary>
public sealed unsafe class KeyExtractionTests
{
    private const KeyFlags Read = KeyFlags.RO | KeyFlags.Access;
    private const KeyFlags Move = KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete;

    private static readonly Dictionary<string, CommandRow> Rows = new()
    {
        ["get"] = Row(2, KeyFinder.Specs, KeySpec.At(1, Read)),
        ["mset"] = Row(-3, KeyFinder.Specs, KeySpec.At(1, KeyFlags.OW | KeyFlags.Update).To(-1, 2)),
        ["msetex"] = Row(-4, KeyFinder.Specs, KeySpec.At(1, KeyFlags.OW | KeyFlags.Update).Counted(0, 1, 2)),
        ["blpop"] = Row(-3, KeyFinder.Specs, KeySpec.At(1, KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete).To(-2)),
        ["eval"] = Row(-3, KeyFinder.Specs, KeySpec.At(2, KeyFlags.RW).Counted(0, 1)),
        ["zunionstore"] = Row(-4, KeyFinder.Specs, KeySpec.At(1, KeyFlags.OW | KeyFlags.Update), KeySpec.At(2, Read).Counted(0, 1)),
        ["xread"] = Row(-4, KeyFinder.Specs, KeySpec.After("STREAMS", 1, Read).To(-1, 1, 2)),
        ["spublish"] = Row(3, KeyFinder.Specs, KeySpec.At(1, KeyFlags.NotKey)),
        ["set"] = Row(-3, KeyFinder.Set, KeySpec.At(1, KeyFlags.RW | KeyFlags.VariableFlags)),
        ["delex"] = Row(-2, KeyFinder.DelEx, KeySpec.At(1, KeyFlags.RW | KeyFlags.VariableFlags)),
        ["bitfield"] = Row(-2, KeyFinder.BitField, KeySpec.At(1, KeyFlags.RW | KeyFlags.VariableFlags)),
        ["sort"] = Row(-2, KeyFinder.Sort, KeySpec.At(1, Read), KeySpec.Unknown(Read), KeySpec.Unknown(KeyFlags.OW)),
        ["sort_ro"] = Row(-2, KeyFinder.SortReadOnly, KeySpec.At(1, Read), KeySpec.Unknown(Read)),
        ["migrate"] = Row(-6, KeyFinder.Migrate, KeySpec.At(3, Move),
            KeySpec.After("KEYS", -2, Move | KeyFlags.Incomplete).To(-1)),
        ["georadius"] = Row(-6, KeyFinder.Specs, KeySpec.At(1, Read),
            KeySpec.After("STORE", 6, KeyFlags.OW), KeySpec.After("STOREDIST", 6, KeyFlags.OW)),
    };

    [Theory]
    [InlineData("get a", "1:RO, Access")]
    [InlineData("mset a 1 b 2", "1:OW, Update 3:OW, Update")]
    [InlineData("msetex 2 a 1 b 2 nx", "2:OW, Update 4:OW, Update")]
    [InlineData("msetex 3 a 1 b 2", "")]
    [InlineData("blpop a b 0", "1:RW, Access, Delete 2:RW, Access, Delete")]
    [InlineData("eval s 2 a b c", "3:RW 4:RW")]
    [InlineData("eval s 0 a", "")]
    [InlineData("eval s 3 a", "")]
    [InlineData("eval s -1 a", "")]
    [InlineData("eval s 9223372036854775807 a", "")]
    [InlineData("eval s x a", "")]
    [InlineData("zunionstore d 2 a b weights 1 2", "1:OW, Update 3:RO, Access 4:RO, Access")]
    [InlineData("zunionstore d 3 a b", "")]
    [InlineData("xread count 1 STREAMS a b 0 0", "4:RO, Access 5:RO, Access")]
    [InlineData("xread count 1 nothing a", "")]
    [InlineData("xread count 1 streams", "")]
    [InlineData("spublish c m", "")]
    [InlineData("set a b", "1:OW, Update")]
    [InlineData("set a b ex 10 GET", "1:RW, Access, Update")]
    [InlineData("set a b ifeq c", "1:RW, Access, Update")]
    [InlineData("delex a", "1:RM, Delete")]
    [InlineData("delex a ifeq b", "1:RW, Access, Delete")]
    [InlineData("bitfield a get u8 0 overflow wrap", "1:RO, Access")]
    [InlineData("bitfield a get u8 0 incrby u8 0 1", "1:RW, Access, Update")]
    [InlineData("sort a by w limit 0 1 store d store e", "1:RO, Access 10:OW, Update")]
    [InlineData("sort a get store desc", "1:RO, Access")]
    [InlineData("sort a store", "1:RO, Access")]
    [InlineData("sort_ro a by x", "1:RO, Access")]
    [InlineData("migrate h 1 k 0 100", "3:RW, Access, Delete")]
    [InlineData("migrate h 1 '' 0 100 auth keys KEYS a b", "9:RW, Access, Delete 10:RW, Access, Delete")]
    [InlineData("migrate h 1 k 0 100 keys a", "")]
    [InlineData("georadius k 1 2 3 m", "1:RO, Access")]
    [InlineData("georadius k 1 2 3 m store d", "1:RO, Access 7:OW")]
    [InlineData("georadius k 1 2 3 m store", "1:RO, Access")]
    public void KeysAreFound(string request, string expected)
    {
        Assert.Equal(expected, Find(request, skip: 0));
        Assert.Equal(expected, Find("command getkeys " + request, skip: 2));
    }

    [Fact]
    public void ShardChannelsAreFoundOnDemand() =>
        Assert.Equal("1:NotKey", Find("spublish c m", skip: 0, includeNotKeys: true));

    private static string Find(string request, int skip, bool includeNotKeys = false)
    {
        var words = request.Split(' ');
        var arguments = ArgumentVector.Of(Array.ConvertAll(words, word => Encoding.ASCII.GetBytes(word == "''" ? "" : word)));
        var keys = new List<KeyReference>();
        KeyExtraction.Find(Rows[words[skip]], arguments, skip, keys, includeNotKeys);
        arguments.FreeOwned();
        return string.Join(' ', keys.Select(key => $"{key.Index}:{key.Flags}"));
    }

    private static CommandRow Row(int arity, KeyFinder finder, params KeySpec[] keys) =>
        new("row", arity, null) { Group = CommandGroup.Generic, Since = "1.0.0", Summary = "", Keys = keys, KeyFinder = finder };
}
