namespace GitOps.TestKit.Files;

/// <summary>
/// The states a journalling file system may show after a power cut. What was flushed holds. Beyond that: each naming
/// (create, unlink, rename) since its directory was flushed happened or did not, independently of every other; a file
/// changed since its flush has any of its contents since, or one torn on the way: cut short, or with blocks still zero; its
/// mode and owner are old or new.
/// </summary>
internal sealed class CrashStates(InodeTable durable, int seed, int statesPerPoint)
{
    private const int BlockBytes = 512;
    private readonly InodeTable _durable = durable.Clone();
    private readonly List<Effect.Naming> _namings = [];
    private readonly Dictionary<int, List<Inode>> _versions = [];
    private readonly Random _random = new(seed);

    /// <summary>Lets one more effect happen, as far as memory is concerned.</summary>
    public void Advance(Effect effect)
    {
        switch (effect)
        {
            case Effect.Naming naming:
                _namings.Add(naming);
                break;
            case Effect.Changed changed:
                if (!_versions.TryGetValue(changed.Number, out var versions))
                {
                    versions = _versions[changed.Number] = _durable.Inodes.TryGetValue(changed.Number, out var old) ? [old] : [];
                }

                versions.Add(changed.Inode);
                if (changed.Inode is Inode.Directory or Inode.Link)
                {
                    Settle(changed.Number); // they carry no data of their own that could be torn
                }

                break;
            case Effect.FlushedFile flushed:
                Settle(flushed.Number);
                break;
            case Effect.FlushedDirectory flushed:
                foreach (var naming in _namings.Where(n => n.Changes.Any(c => c.Directory == flushed.Number)))
                {
                    Apply(_durable, naming);
                }

                _namings.RemoveAll(n => n.Changes.Any(c => c.Directory == flushed.Number));
                break;
        }
    }

    /// <summary>What may be found if the power goes now: all of it where that is few, else a sample with both extremes.</summary>
    public IEnumerable<InodeTable> Now()
    {
        var files = _versions.Select(v => (Number: v.Key, Contents: PossibleContents(v.Value))).ToList();
        var radices = _namings.Select(_ => 2).Concat(files.Select(f => f.Contents.Count)).ToArray();
        var total = radices.Aggregate(1.0, (product, radix) => product * radix);
        if (total <= statesPerPoint)
        {
            for (var index = 0L; index < (long)total; index++)
            {
                yield return Build(Digits(index, radices), files);
            }
        }
        else
        {
            yield return Build([.. radices.Select(_ => 0)], files);
            yield return Build([.. radices.Select(radix => radix - 1)], files);
            for (var sample = 2; sample < statesPerPoint; sample++)
            {
                yield return Build([.. radices.Select(radix => _random.Next(radix))], files);
            }
        }
    }

    private static int[] Digits(long index, int[] radices)
    {
        var digits = new int[radices.Length];
        for (var i = 0; i < radices.Length; i++)
        {
            (index, var digit) = Math.DivRem(index, radices[i]);
            digits[i] = (int)digit;
        }

        return digits;
    }

    private InodeTable Build(int[] digits, List<(int Number, List<Inode> Contents)> files)
    {
        var table = _durable.Clone();
        for (var i = 0; i < files.Count; i++)
        {
            table.Inodes[files[i].Number] = files[i].Contents[digits[_namings.Count + i]];
        }

        for (var i = 0; i < _namings.Count; i++)
        {
            if (digits[i] == 1)
            {
                Apply(table, _namings[i]);
            }
        }

        return table;
    }

    private void Settle(int number)
    {
        if (_versions.Remove(number, out var versions))
        {
            _durable.Inodes[number] = versions[^1];
            if (versions[^1] is Inode.Directory)
            {
                _durable.AddDirectory(number);
            }

            _durable.NextNumber = Math.Max(_durable.NextNumber, number + 1);
        }
    }

    private static void Apply(InodeTable table, Effect.Naming naming)
    {
        foreach (var change in naming.Changes)
        {
            table.Apply(change);
        }
    }

    private List<Inode> PossibleContents(List<Inode> versions)
    {
        var contents = new List<Inode>(versions);
        for (var i = 1; i < versions.Count; i++)
        {
            if (versions[i - 1] is Inode.File before && versions[i] is Inode.File after)
            {
                contents.InsertRange(i, Torn(before.Content, after.Content).Select(torn => after with { Content = torn }));
                if (before.Attributes.Mode != after.Attributes.Mode || before.Attributes.Owner != after.Attributes.Owner)
                {
                    contents.Insert(i, before with { Content = after.Content });
                }
            }
        }

        return contents;
    }

    /// <summary>What an append may leave: cut at the edges of blocks and inside one, or full length with some blocks zero.</summary>
    private IEnumerable<byte[]> Torn(byte[] before, byte[] after)
    {
        var added = after.Length - before.Length;
        if (added <= 0)
        {
            yield break;
        }

        var edges = Enumerable.Range(before.Length / BlockBytes, (added / BlockBytes) + 2)
            .Select(block => block * BlockBytes)
            .Append(before.Length + 1).Append(before.Length + (added / 2)).Append(after.Length - 1)
            .Where(cut => cut > before.Length && cut < after.Length)
            .Distinct();
        foreach (var cut in edges)
        {
            yield return after[..cut];
            // The size reached the journal and the data did not: the rest reads as zeros.
            yield return [.. after[..cut], .. new byte[after.Length - cut]];
        }

        yield return [.. before, .. new byte[added]];
        yield return ZeroSomeBlocks(before.Length, after);
    }

    private byte[] ZeroSomeBlocks(int from, byte[] after)
    {
        var torn = (byte[])after.Clone();
        for (var start = from; start < torn.Length; start = ((start / BlockBytes) + 1) * BlockBytes)
        {
            if (_random.Next(2) == 0)
            {
                torn.AsSpan(start, Math.Min(torn.Length, ((start / BlockBytes) + 1) * BlockBytes) - start).Clear();
            }
        }

        return torn;
    }
}
