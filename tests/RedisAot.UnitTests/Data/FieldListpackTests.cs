using System.Text;
using RedisAot.Data;
using RedisAot.Memory;
using Xunit;

namespace RedisAot.UnitTests.Data;

public sealed unsafe class FieldListpackTests
{
    [Fact]
    public void FieldsStandInTheOrderOfTheirTimes()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            int count = random.Next(1, 40);
            List<(string Name, string Value, long Time)> model = [];
            byte* pairs = Listpack.Create();
            for (int i = 0; i < count; i++)
            {
                byte[] value = RandomElements.Next(random);
                Listpack.Append(ref pairs, Encoding.ASCII.GetBytes($"{i}"));
                Listpack.Append(ref pairs, value);
                model.Add(($"{i}", Encoding.Latin1.GetString(value), 0));
            }
            byte* lp = FieldListpack.WithTimes(pairs);
            for (int step = 0; step < 60; step++)
            {
                int index = random.Next(model.Count);
                (string name, string value, _) = model[index];
                long time = random.Next(4) == 0 ? 0 : random.Next(1, 30) * (random.Next(2) == 0 ? 1 : 1_000_000_000);
                FieldListpack.SetExpiry(ref lp, Listpack.Find(Listpack.First(lp), Encoding.ASCII.GetBytes(name), skip: 2), time);
                // Official takes the field out and puts it before the first that expires no earlier.
                model.RemoveAt(index);
                int place = time == 0 ? -1 : model.FindIndex(field => field.Time == 0 || field.Time >= time);
                model.Insert(place < 0 ? model.Count : place, (name, value, time));
                Compare(model, lp, random.Next(30), $"seed {seed}, round {round}, step {step}");
            }
            NativeHeap.Free(lp);
        }
    }

    private static void Compare(List<(string Name, string Value, long Time)> model, byte* lp, long now, string where)
    {
        Assert.True(Listpack.Validate(Listpack.AsBytes(lp)), where);
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        byte* p = Listpack.First(lp);
        foreach ((string name, string value, long time) in model)
        {
            Assert.True(Encoding.Latin1.GetString(Listpack.Get(p).AsBytes(scratch)) == name, where);
            Assert.True(FieldListpack.ExpiryOf(p) == time, where);
            p = Listpack.Next(p);
            Assert.True(Encoding.Latin1.GetString(Listpack.Get(p).AsBytes(scratch)) == value, where);
            p = Listpack.Next(Listpack.Next(p));
        }
        Assert.True(p == null, where);
        long earliest = model[0].Time == 0 ? long.MaxValue : model[0].Time;
        Assert.True(FieldListpack.EarliestExpiryMs(lp) == earliest, where);
        Assert.True(FieldListpack.CountExpiredBefore(lp, now) == model.Count(field => field.Time != 0 && field.Time < now), where);
    }
}
