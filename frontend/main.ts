import './styles/tabler.scss';
import './styles/tokens.css';
import './styles/shell.css';
import './styles/elements.css';
import './styles/print.css';
import htmx from 'htmx.org';
import { keyboard } from './behaviours/keyboard';
import { navigation } from './behaviours/navigation';
import { purpose } from './behaviours/purpose';
import { theme } from './behaviours/theme';

// The content security policy allows no eval and no inline style.
htmx.config.includeIndicatorCSS = false;

keyboard();
navigation();
purpose();
theme();
