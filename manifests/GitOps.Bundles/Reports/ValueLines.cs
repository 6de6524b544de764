using GitOps.Bundles.Units;

namespace GitOps.Bundles.Reports;

/// <summary>Values as they lie on the node's disk and go up: a JSON object in each line. One that is none spoils no other.</summary>
public static class ValueLines
{
    /// <summary>What can be read, and how many lines cannot.</summary>
    public static (List<ValueRecord> Records, int Unreadable) Read(ReadOnlyMemory<byte> body)
    {
        List<ValueRecord> records = [];
        var unreadable = 0;
        foreach (var range in body.Span.Split((byte)'\n'))
        {
            if (body[range] is not { IsEmpty: false } line)
            {
                continue;
            }

            if (ReportJson.TryReadValue(line.Span) is { IsWhole: true } record && Typed(record) is { } typed)
            {
                records.Add(typed);
            }
            else
            {
                unreadable++;
            }
        }

        return (records, unreadable);
    }

    /// <summary>A string is a number here; null where it is none.</summary>
    private static ValueRecord? Typed(ValueRecord record) => record.Value is not DeviceValue.Text text ? record
        : text.As(DeviceValueType.Float64) is { } number ? record with { Value = number } : null;
}
