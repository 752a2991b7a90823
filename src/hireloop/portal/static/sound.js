// The microphone's level, and a tone for the speaker.

const HEARD = 8; // per cent of the meter

let sounds = null;

async function context() {
  sounds ??= new AudioContext();
  if (sounds.state === "suspended") await sounds.resume();
  return sounds;
}

// Moves the meter with the microphone until the track ends; calls `heard` once, at the first sound.
export async function meter(stream, element, heard) {
  const audio = await context();
  const listener = audio.createAnalyser();
  listener.fftSize = 1024;
  audio.createMediaStreamSource(stream).connect(listener);
  const samples = new Float32Array(listener.fftSize);
  let told = false;
  const look = () => {
    if (stream.getAudioTracks().every((track) => track.readyState === "ended")) {
      show(element, 0);
      return;
    }
    listener.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    const decibels = 20 * Math.log10(loudness || 1e-9);
    const level = Math.round(Math.max(0, Math.min(100, ((decibels + 60) / 50) * 100)));
    show(element, level);
    if (!told && level > HEARD) {
      told = true;
      heard();
    }
    setTimeout(look, 80);
  };
  look();
}

function show(element, level) {
  element.setAttribute("aria-valuenow", level);
  element.firstElementChild.style.width = `${level}%`;
}

// Plays two soft notes.
export async function tone() {
  const audio = await context();
  [523.25, 659.25].forEach((pitch, note) => {
    const [begin, end] = [audio.currentTime + note * 0.45, audio.currentTime + note * 0.45 + 0.6];
    const [voice, volume] = [audio.createOscillator(), audio.createGain()];
    voice.frequency.value = pitch;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.25, begin + 0.04);
    volume.gain.exponentialRampToValueAtTime(0.001, end);
    voice.connect(volume).connect(audio.destination);
    voice.start(begin);
    voice.stop(end);
  });
}
