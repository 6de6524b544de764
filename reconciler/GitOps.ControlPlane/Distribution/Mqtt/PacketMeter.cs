namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>
/// Follows a stream of MQTT packets by their fixed headers (MQTT 5.0 §2.1.1) and says where one begins that is too large:
/// before its body is there, so that nobody makes room for it.
/// </summary>
internal sealed class PacketMeter(int maxBytes)
{
    private const int MostLengthBytes = 4;

    private long _body;
    private int _lengthBytes;
    private int _length;
    private bool _isInLength;

    /// <summary>Takes the next bytes, however the stream was cut.</summary>
    /// <returns>False when a packet's header says more than the maximum; nothing after that counts.</returns>
    public bool Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_body > 0)
            {
                var skipped = (int)Math.Min(_body, bytes.Length);
                _body -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            if (!Header(bytes[0]))
            {
                return false;
            }

            bytes = bytes[1..];
        }

        return true;
    }

    private bool Header(byte next)
    {
        if (!_isInLength)
        {
            (_isInLength, _length, _lengthBytes) = (true, 0, 0); // type and flags
            return true;
        }

        // Seven bits in each byte, the lowest first; the eighth says that another one follows (§1.5.5).
        _length |= (next & 0x7F) << (7 * _lengthBytes++);
        if (next >= 0x80)
        {
            return _lengthBytes < MostLengthBytes;
        }

        (_isInLength, _body) = (false, _length);
        return 1 + _lengthBytes + _length <= maxBytes;
    }
}
