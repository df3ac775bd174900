using System.Text;
using RedisAot.Memory;
using RedisAot.Server.Persistence;
using Xunit;

namespace RedisAot.UnitTests.Persistence;

public sealed class RdbCheckerTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void ReportsWhatAFileHolds()
    {
        RdbBytes file = new RdbBytes().Raw("REDIS0010").Byte((int)RdbOpcode.Aux).String("redis-ver").String("7.0.15")
            .Byte((int)RdbOpcode.SelectDb).Count(3).Byte((int)RdbOpcode.ExpireTimeMs).Int64(1000).Byte(0).String("k").String("v")
            .Byte(0).String("l").String("w").Byte((int)RdbOpcode.End);
        (int status, string output) = Check(RdbBytes.WithChecksum(file.ToArray()));
        Assert.Equal(0, status);
        Assert.Equal(
            $"[offset 0] Checking RDB file {_file}\n[offset 27] AUX FIELD redis-ver = '7.0.15'\n[offset 29] Selecting DB ID 3\n" +
            "[offset 57] Checksum OK\n[offset 57] \\o/ RDB looks OK! \\o/\n[info] 2 keys read\n[info] 1 expires\n[info] 1 already expired\n",
            output);
    }

    [Fact]
    public void ReportsWhereAFileIsDamaged()
    {
        byte[] file = new RdbBytes().Raw("REDIS0010").Byte((int)RdbType.HashListpack).String("k").String("v").ToArray();
        (int status, string output) = Check(file);
        Assert.Equal(1, status);
        Assert.Equal(
            $"[offset 0] Checking RDB file {_file}\n--- RDB ERROR DETECTED ---\n[offset 14] Hash listpack integrity check failed.\n" +
            "[additional info] While doing: read-object-value\n[additional info] Reading key 'k'\n" +
            "[additional info] Reading type 16 (hash-listpack)\n[info] 1 keys read\n[info] 0 expires\n[info] 0 already expired\n",
            output);
    }

    [Fact]
    public void PassesOverModulesAndFunctions()
    {
        RdbBytes file = new RdbBytes().Raw("REDIS0010").Byte((int)RdbOpcode.Function).String("#!lua name=x")
            .Byte((int)RdbOpcode.ModuleAux).Byte(0x81).Int64(0).Count(2).Count(1).Count(1).Count(5).Count(5).String("s").Count(4).Double(1).Count(0)
            .Byte((int)RdbType.Module2).String("m").Byte(0x81).Int64(0).Count(2).Count(9).Count(3).Int32(0).Count(0)
            .Byte((int)RdbOpcode.End);
        (int status, string output) = Check(RdbBytes.WithChecksum(file.ToArray()));
        Assert.True(status == 0, output);
        Assert.Contains("[info] 1 keys read", output, StringComparison.Ordinal);
    }

    private (int Status, string Output) Check(byte[] content)
    {
        File.WriteAllBytes(_file, content);
        using StringWriter output = new(new StringBuilder()) { NewLine = "\n" };
        long before = NativeHeap.UsedBytes;
        int status = RdbChecker.Check(_file, output, out _);
        Assert.Equal(before, NativeHeap.UsedBytes);
        return (status, output.ToString());
    }
}
